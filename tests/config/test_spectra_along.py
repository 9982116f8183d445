"""Where along a training spectra are taken: what is accepted, and what is refused."""

from pathlib import Path

import pytest
import yaml

from weightscape.config.spectra_along import SpectraAlong
from weightscape.study.load import ConfigError, load_study, read_study
from weightscape.study.plan import Plan

ROOT = Path(__file__).parents[2]
NANO = yaml.safe_load((ROOT / "tests/nano.yaml").read_text("utf-8"))
CONTROL = {"name": "control", "family": "control", "factors": {"steps_factor": 0.5}}


def study(along, **training):
    values = {**NANO, "spectra_along": along}
    values["training"] = {**NANO["training"], **training}
    values["conditions"] = [*NANO["conditions"], CONTROL]
    return load_study(values)


@pytest.mark.parametrize(
    ("along", "training", "words"),
    [
        ({"steps": [0, 100]}, {"steps": 80}, ["steps: 100 is beyond", "baseline", "80 steps"]),
        ({"steps": [0, 50]}, {"steps": 80}, ["50 is beyond", "control", "40 steps", "shares"]),
        ({"steps": [10]}, {}, ["baseline trains for 1 epochs", "`shares`"]),
        ({"steps": [0, -1]}, {}, ["spectra_along.steps.1", "not -1"]),
        ({"steps": [3, 1, 3]}, {}, ["spectra_along: steps: 3 is given 2 times"]),
        ({"shares": [0.5, 0.5]}, {}, ["shares: 0.5 is given 2 times"]),
        ({"steps": [1.5]}, {}, ["spectra_along.steps.0", "not 1.5"]),
        ({"steps": ["half"]}, {}, ["spectra_along.steps.0", "not 'half'"]),
        ({"shares": [0, 1.2]}, {}, ["spectra_along.shares.1", "not 1.2"]),
        ({"shares": [-0.1]}, {}, ["spectra_along.shares.0", "not -0.1"]),
        ({"steps": [1], "shares": [1]}, {}, ["both are given"]),
        ({}, {}, ["there is neither"]),
        ([0, 10], {}, ["spectra_along: give a mapping", "not [0, 10]"]),
        ({"every": 5}, {}, ["spectra_along.every: unknown key"]),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(along, training, words):
    with pytest.raises(ConfigError) as refused:
        study(along, **training)
    assert len(str(refused.value).splitlines()) == 1
    assert all(word in str(refused.value) for word in words), refused.value


def test_checkpoints_alone_have_no_training():
    values = {"study": "x", "checkpoints": [{"name": "a", "path": "a.safetensors"}]}
    with pytest.raises(ConfigError, match="there are no conditions whose trainings"):
        load_study({**values, "spectra_along": {"shares": [1]}})


def test_shares_are_the_nearest_steps_and_any_training_has_them():
    along = SpectraAlong(shares=(1, 0, 0.001, 0.5))
    assert along.find_steps(100) == [0, 1, 50, 100]
    assert along.find_steps(1) == [0, 1, 1, 1]
    assert [*along.places] == [1, 2, 3]
    assert [*SpectraAlong(shares=(0.5,)).places] == [0]
    assert SpectraAlong(steps=("10", 0)).find_steps(7) == [0, 10]
    assert study({"shares": [0, 0.1, 1]}).spectra_along


def test_steps_within_every_training_are_taken():
    plan = Plan(study({"steps": [0, 10, 40]}, steps=80))
    assert plan.places_along == [1, 2]
    assert "spectra_course" in plan.figures
    assert Plan(load_study(NANO)).places_along == []
    assert "spectra_course" not in Plan(load_study(NANO)).figures


def test_a_trial_of_ten_steps_looks_at_shares(tmp_path):
    values = {**NANO, "scale": "nano", "spectra_along": {"steps": [0, 400]}}
    values["training"] = {"steps": 400, "batch_size": 32}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(values))
    assert read_study(tmp_path / "study.yaml").spectra_along == SpectraAlong(shares=(0, 0.5, 1))
