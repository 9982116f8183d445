"""Of which kind a factor is, as the recipes say."""

import pytest

from weightscape.config.kind import find_amount, find_kind
from weightscape.config.recipe import Recipe


@pytest.mark.parametrize(
    ("factors", "kind"),
    [
        ({"dropout": 0.5}, "head"),
        ({"dropout": 0.5, "dropout_placement": "everywhere"}, "everywhere"),
        ({"weight_decay": 0.1}, "decoupled"),
        ({"weight_decay": 0.1, "opt": "adam"}, "l2"),
        ({"weight_decay": 0.1, "opt": "sgd"}, "l2"),
        ({"lr": 1e-5}, None),
        ({}, None),
    ],
)
def test_the_kind_of_a_factor(factors, kind):
    plain = Recipe(opt=factors.get("opt", "adamw"))
    assert find_kind(Recipe(**factors), plain) == kind


@pytest.mark.parametrize(
    ("factors", "amount"), [({"steps_factor": 0.8}, "steps"), ({"epochs": 2}, "steps"),
                            ({"lr": 1e-5}, "rate")],
)  # fmt: skip
def test_what_a_control_has_less_of(factors, amount):
    assert find_amount(Recipe(**factors), Recipe()) == amount
