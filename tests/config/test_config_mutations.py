"""Three hundred broken studies: each is accepted, or refused with one message that names the key.

None of those accepted has a name that leads out of ``results/``.
"""

import os.path
import re
from pathlib import Path

import pytest

from tests.helpers.mutations import mutations
from weightscape.config.section import NAME_PATTERN
from weightscape.study.load import ConfigError, check_keys, load_study, read_study
from weightscape.study.plan import Plan

MUTATIONS = list(mutations(300))


def names_of(plan):
    parts = (plan.datasets, plan.shifts, plan.generators, plan.figures, plan.checkpoints)
    for part in (*parts, plan.conditions, plan.initial_networks):
        yield from part
    yield plan.study.study


@pytest.mark.parametrize("mutation", MUTATIONS, ids=range(len(MUTATIONS)))
def test_a_broken_study_is_accepted_or_its_key_is_named(mutation):
    try:
        study = load_study(mutation.values)
    except ConfigError as error:
        message = str(error)
        assert any(key in message for key in mutation.keys), (mutation.what, message)
        assert len(message) <= 12_000 and message.count("\n") <= 10, (mutation.what, message[:500])
        assert "pydantic" not in message, (mutation.what, message)
        assert all(c.isprintable() or c == "\n" for c in message), (mutation.what, message)
        return
    plan = Plan(study)
    assert all(re.fullmatch(NAME_PATTERN, name) for name in names_of(plan)), mutation.what
    for run in plan.runs():
        path = os.path.join("results", study.study, "runs", *map(str, run.id))
        assert os.path.normpath(path) == path, mutation.what


def test_the_mutations_reach_both_ends():
    def refused(values):
        try:
            load_study(values)
        except ConfigError:
            return True
        return False

    count = sum(refused(mutation.values) for mutation in MUTATIONS)
    assert 200 <= count <= 285
    sections = {key for mutation in MUTATIONS for key in mutation.keys}
    assert {"datasets", "backbones", "generators", "figures", "claims", "checkpoints"} <= sections


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a mapping"),
        ("- a\n- b\n", "a mapping"),
        ("just words", "a mapping"),
        ("? [a, b]\n: 1\n", "line 1"),
        ("study: &a [*a]\n", "study"),
        ("study: " + "[" * 5000, "nested too deeply"),
        ("study: 2020-13-45\n", "month"),
        ("study: \x07\n", "not YAML"),
        ("study: a\n---\nstudy: b\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_named(tmp_path, text, words):
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as error:
        read_study(file)
    assert "study.yaml" in str(error.value)
    assert len(str(error.value)) < 2000


def test_many_aliases_are_checked_in_no_time(tmp_path):
    file = tmp_path / "study.yaml"
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    file.write_text("\n".join(lines))
    check_keys(file)


def test_a_study_file_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path, tmp_path / "missing.yaml", Path("x" * 300)):
        with pytest.raises(ConfigError, match=path.name):
            check_keys(path)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ConfigError, match=r"loop cannot be read: .*symbolic links"):
        check_keys(loop)


@pytest.mark.parametrize("scale", ["full", "nano"])
def test_what_is_accepted_can_be_planned_at_either_scale(scale):
    values = {
        "study": "a",
        "scale": scale,
        "datasets": ["digits"],
        "backbones": [{"name": "a", "architecture": "resnet10t", "in_chans": 1}],
        "training": {"warmup_epochs": 3},
        "conditions": [
            {"name": "baseline"},
            {"vary": "epochs", "over": [4, 9]},
            {"vary": "warmup_epochs", "over": [0, 4]},
        ],
    }
    plan = Plan(load_study(values))
    assert [recipe.epochs for recipe in plan.recipes.values()] == (
        # A trial has the last member of every family.
        [1] * 3 if scale == "nano" else [5, 4, 9, 5, 5]
    )


def test_a_data_root_that_cannot_be_a_folder_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_text("")
    base = {"study": "a", "checkpoints": [{"name": "a", "path": "a.bin"}]}
    for path, words in [
        (tmp_path / "loop", "symbolic links"),
        (tmp_path / "loop/within", "symbolic links"),
        (tmp_path / "file", "is a file"),
        (tmp_path / "file/within", "Not a directory"),
        ("a\0b", "null"),
        ("x" * 5000, "too long"),
    ]:
        with pytest.raises(ConfigError, match=rf"data_root: .*{words}"):
            load_study({**base, "data_root": str(path)})
    assert load_study({**base, "data_root": str(tmp_path / "later")})
