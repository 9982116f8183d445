"""The schema for editors: it takes what a study may say, and refuses what it may not."""

import copy
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from weightscape.config.augmentation import Augmentation
from weightscape.config.claims import Claim
from weightscape.config.figure import Figure
from weightscape.config.generator import Generator
from weightscape.config.measurement import Measurement
from weightscape.config.plugins import find_plugin, plugin_names
from weightscape.config.shift import Shift
from weightscape.config.source import Source
from weightscape.study.catalogue import catalogue
from weightscape.study.schema import study_schema

ROOT = Path(__file__).parents[2]
STUDIES = [
    ROOT / "config.yaml",
    ROOT / "tests/nano.yaml",
    *sorted((ROOT / "studies").glob("*.yaml")),
]
KINDS = (Source, Shift, Augmentation, Generator, Measurement, Figure)


class Loader(yaml.SafeLoader):
    """YAML 1.2's numbers, as editors read them."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9.]+[eE][-+]?[0-9]+$"), "0123456789-+."
)


DIGITS = yaml.load((ROOT / "studies/digits.yaml").read_text("utf-8"), Loader)


@pytest.fixture(scope="module")
def validator():
    schema = study_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_every_study_is_accepted(validator, file):
    study = yaml.load(file.read_text("utf-8"), Loader)
    assert [error.message for error in validator.iter_errors(study)] == []


@pytest.mark.parametrize("of", [["dropout"], [["dropout", "noise"]], [{"families": ["dropout"]}]])
def test_a_group_may_be_named_as_a_study_may_name_it(validator, of):
    part = {"test": "direction", "metrics": ["alpha"], "of": of, "sign": "up"}
    claim = {"claim": "mine", "statement": "So it is.", "parts": [part]}
    assert Claim.model_validate(claim).parts[0].of
    assert validator.is_valid({**DIGITS, "claims": [claim]})
    part["of"] = [{"families": ["dropout"], "dose": 1}]
    assert not validator.is_valid({**DIGITS, "claims": [claim]})


def changed(change):
    study = copy.deepcopy(DIGITS)
    change(study)
    return study


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(seedz=3),
        lambda s: s["training"].update(learning_rate=1),
        lambda s: s["training"].update(augment={"zoom": {}}),
        lambda s: s["training"].update(augment={"gaussian_noise": {"std": 1}}),
        lambda s: s["datasets"].append({"name": "x", "source": "mnist"}),
        lambda s: s["datasets"].append({"name": "nothing_of_this_name"}),
        lambda s: s["datasets"].append({"name": "digits", "options": {"size": 3}}),
        lambda s: s["datasets"].append({"name": "x", "source": "digits", "options": {"size": 3}}),
        lambda s: s["shifts"].append({"name": "blur", "options": {"severities": [9]}}),
        lambda s: s["shifts"].append("blurr"),
        lambda s: s["backbones"][0]["pretraining"].update(options={"fonts": 3}),
        lambda s: s["conditions"].append({"name": "x", "factors": {"droput": 0.5}}),
        lambda s: s["conditions"].append({"name": "x", "factors": {"dropout": 1.5}}),
        lambda s: s["conditions"].append({"name": "x", "setting": "lr-1"}),
        lambda s: s["conditions"].append({"vary": "droput", "over": [0.5]}),
        lambda s: s["conditions"].append({"name": "x", "grid": {"rate": [1]}}),
        lambda s: (
            s["comparison"].update(spectra_metrics=["alhpa"])
            if "comparison" in s
            else s.update(comparison={"spectra_metrics": ["alhpa"]})
        ),
        lambda s: s.update(measurements=["richess"]),
        lambda s: s.update(measurements=[{"name": "richness", "options": {"evry": 3}}]),
        lambda s: s["figures"].append({"name": "family_bars", "options": {"metric": "alpha"}}),
    ],
)
def test_a_wrong_key_or_value_is_refused(validator, change):
    assert validator.is_valid(DIGITS)
    assert not validator.is_valid(changed(change))


def test_no_dictionary_is_left_open_where_a_plugin_or_recipe_decides(validator):
    definitions = validator.schema["$defs"]
    for kind in KINDS:
        for name in plugin_names(kind):
            assert definitions[f"{kind.folder}.{name}"]["additionalProperties"] is False
    assert definitions["Recipe"]["additionalProperties"] is False


def test_the_catalogue_has_every_plugin_and_every_key_says_what_it_means():
    text = catalogue()
    for kind in KINDS:
        for name in plugin_names(kind):
            assert f"### `{name}`" in text
    for name in plugin_names(Measurement):
        for metric in find_plugin(Measurement, name).metrics:
            assert f"| `{metric.name}` | {metric.unit} | {metric.description} |" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert all(line.rsplit("|", 2)[1].strip() for line in rows)
