"""Which doses are rates."""

import pytest

from weightscape.config.condition import FamilyEntry, expand_conditions
from weightscape.config.derived import DerivedEntry, combine_entries
from weightscape.config.rates import find_rates, is_share


def rates(**entry):
    return find_rates(expand_conditions((FamilyEntry.model_validate(entry),)))


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("dropout", True), ("drop_path_rate", True), ("label_smoothing", True),
        ("sparsity", True), ("share", True), ("augment.random_erasing.p", True),
        ("weight_decay", False), ("lr", False), ("mixup_alpha", False), ("steps_factor", False),
        ("augment.gaussian_noise.sd", False), ("synthetic.mixture", False), ("synthetic", False),
        ("augment.random_erasing.nothing", False), ("nothing", False),
    ],
)  # fmt: skip
def test_a_rate_is_declared_to_lie_between_0_and_1(key, expected):
    assert is_share(key) is expected


def test_the_factor_that_varies_decides():
    decay = {"family": "dropout_decay", "factors": {"weight_decay": 0.1}}
    assert rates(vary="dropout", over=[0.1, 0.5], **decay) == {
        "dropout_decay-0.1": True, "dropout_decay-0.5": True,
    }  # fmt: skip
    assert set(rates(vary="weight_decay", over=[0.1, 0.5]).values()) == {False}
    # With one dose it cannot be told which of the two it is.
    assert set(rates(vary="dropout", over=[0.1], **decay).values()) == {False}


def test_what_is_made_of_runs_has_their_factor_or_a_share():
    conditions = expand_conditions(
        (FamilyEntry.model_validate({"vary": "dropout", "over": [0.1, 0.5]}),)
    )
    entries = [
        {"name": "plain", "method": "recomputed_bn", "of": ["dropout"]},
        {"name": "way", "method": "interpolation", "of": ["dropout-0.5"], "over": [0.2, 0.5]},
    ]
    made = combine_entries(tuple(map(DerivedEntry.model_validate, entries)), conditions)
    assert set(find_rates([*conditions, *made]).values()) == {True}


def test_what_varies_nothing_has_no_rate():
    conditions = expand_conditions(())
    assert find_rates(conditions) == {}
    named = FamilyEntry.model_validate({"vary": "dropout", "over": [0.5]})
    [condition] = expand_conditions((named,))
    plain = condition.model_copy(update={"name": "plain", "dose": None, "factors": {}})
    assert find_rates([condition, plain]) == {"dropout-0.5": True, "plain": False}
