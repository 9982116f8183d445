"""Promises about the repository's own files."""

import json
import re
from pathlib import Path

import yaml

from weightscape.engine.digest import reach
from weightscape.study.catalogue import catalogue
from weightscape.study.dictionary import data_dictionary
from weightscape.study.schema import study_schema

ROOT = Path(__file__).parents[1]
PIP_NAMES = {
    "huggingface_hub": "huggingface-hub", "matplotlib-base": "matplotlib", "pytorch": "torch",
}  # fmt: skip


def test_the_conda_environment_has_the_versions_of_the_lock():
    lock = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.lock").read_text(), re.M))
    # The lock gives numpy and scipy per Python version; conda's environment has 3.11.
    lock |= dict(
        re.findall(
            r"^([\w.-]+)==([\w.]+) ; python_full_version < '3\.12'",
            (ROOT / "requirements.lock").read_text(),
            re.M,
        )
    )
    environment = yaml.safe_load((ROOT / "envs/weightscape.yaml").read_text())
    *conda, from_pip = environment["dependencies"]
    pins = dict(re.split(r"\s*=", entry) for entry in conda)
    assert pins.pop("python") == "3.11" and pins.pop("pip")
    pins |= dict(entry.split("==") for entry in from_pip["pip"])
    pins = {PIP_NAMES.get(name, name): version for name, version in pins.items()}
    assert {name: lock[name] for name in pins} == pins
    # A job under conda computes the same digest, which holds the versions of what it imports.
    scripts = (ROOT / "workflow/scripts").glob("*.py")
    reached = set().union(*(reach(script).versions for script in scripts))
    assert {name.replace("_", "-") for name in reached} <= pins.keys()


def test_the_lock_names_no_index():
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_the_data_dictionary_is_in_step():
    assert (ROOT / "results/README.md").read_text("utf-8") == data_dictionary(), "run `make format`"


def test_the_schema_and_the_catalogue_are_in_step():
    schema = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text("utf-8"))
    assert schema == study_schema(), "run `make format`"
    assert (ROOT / "docs/catalogue.md").read_text("utf-8") == catalogue(), "run `make format`"


def test_every_rule_has_a_thin_script_of_its_name():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    names = set(re.findall(r"^rule (\w+):", rules, re.M))
    scripts = {path.stem: path for path in (ROOT / "workflow/scripts").glob("*.py")}
    assert names == scripts.keys()
    assert len(scripts) <= 28
    for path in scripts.values():
        assert len(path.read_text().splitlines()) <= 50, path


def test_rules_hold_no_more_than_they_need():
    files = [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")]
    assert sum(len(path.read_text().splitlines()) for path in files) <= 1000


def test_at_most_six_modules_lie_outside_the_rooms():
    assert len([*(ROOT / "src/weightscape").glob("[a-z]*.py")]) <= 6


def test_the_package_does_not_import_snakemake():
    for path in (ROOT / "src/weightscape").rglob("*.py"):
        if path.name == "planned.py":  # it asks Snakemake for the plan, and no job imports it
            continue
        assert not re.search(r"^\s*(from|import) snakemake", path.read_text("utf-8"), re.M), path
