"""A control trains more or less, and does nothing else."""

import copy
from pathlib import Path

import pytest
import yaml

from weightscape.study.plan import Plan
from weightscape.study.study import Study

ROOT = Path(__file__).parents[2]
DIGITS = yaml.safe_load((ROOT / "studies/digits.yaml").read_text("utf-8"))


def with_control(**factors):
    study = copy.deepcopy(DIGITS)
    study["conditions"].append({"name": "c", "family": "control", "factors": factors})
    return Study.model_validate(study)


@pytest.mark.parametrize(
    "factors", [{"epochs": 2}, {"steps": 9}, {"steps_factor": 1.5}, {"lr": 1e-5}]
)
def test_a_control_may_train_more_or_less(factors):
    assert "c" in Plan(with_control(**factors)).conditions


@pytest.mark.parametrize(
    ("factors", "named"),
    [
        ({"dropout": 0.5}, "dropout: 0.5"),
        ({"steps_factor": 0.8, "weight_decay": 1.0}, "weight_decay: 1.0"),
        ({"augment": "trivial_augment"}, "augment: "),
    ],
)
def test_a_control_that_does_more_is_refused(factors, named):
    with pytest.raises(
        ValueError, match=f"conditions.c.factors: a control .* which {named}"
    ) as error:
        with_control(**factors)
    assert "keep to epochs, steps, steps_factor, lr, or give it another family" in str(error.value)


@pytest.mark.parametrize(
    "file",
    [ROOT / "config.yaml", *(ROOT / "studies" / f"{name}.yaml" for name in
     ("digits", "digits_full", "data_diversity_clip", "data_diversity_scratch", "office_home",
      "very_large_dropout"))],
    ids=lambda file: file.stem,
)  # fmt: skip
def test_every_study_that_judges_mechanisms_has_controls_of_both_kinds(file):
    plan = Plan(Study.model_validate(yaml.safe_load(file.read_text("utf-8"))))
    kinds = {run["kind"] for run in plan.describe_runs() if run["family"] == "control"}
    assert kinds == {"steps", "rate"}
