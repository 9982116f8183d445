"""What findings rest on: one layer, one condition, or none."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.planted import DEEP, effects, row, world
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.comparison.paired import Estimate
from weightscape.comparison.relations import MIN_CONDITIONS, relations_table
from weightscape.comparison.weightiest import FAR, find_weightiest, rests_on_part

NAMES = ("p", "q", "r", "s", "t", "u")
RELATION = {"scope": "all", "metric": "log_norm", "shift": "none", "score": "accuracy"}
LAYERS = [name for name, _ in DEEP]
ONE = [0.3, -0.2, 0.1, 0.4, -0.4, -0.1, 0.2, -0.3, 0.0, 0.0]
OTHER = [0.1, 0.3, -0.4, 0.2, 0.3, -0.2, -0.3, 0.0, 0.1, 0.0]
SHARED = [0.5, -0.9, 0.7, 0.3, -0.8, 0.6, -0.5, 0.9, -0.8, 0.0]
SPIKE = [4.0 * (name == "conv3") for name in LAYERS]


def estimate(*values):
    """Return estimates of (effect, error) with the many degrees of freedom of a normal."""
    effect, error = np.array(values, float).T
    count = np.full(len(values), 1000)
    return Estimate(effect, error, count, np.full(len(values), np.nan), count - 1.0)


def test_a_part_without_which_nothing_is_known_comes_first_then_one_that_opens_the_interval():
    full = estimate((0.9, 0.1), (0.9, 0.1), (0.9, 0.1), (np.nan, np.nan), (-0.5, 0.1))
    parts = [
        estimate((0.1, 0.01), (0.5, 0.01), (0.8, 0.01), (0.5, 0.1), (-0.4, 0.4)),
        estimate((0.8, 0.5), (0.9, 0.01), (0.7, 0.01), (0.5, 0.1), (0.5, 0.1)),
        estimate((np.nan, np.nan), (0.8, 0.8), (0.9, 0.01), (0.5, 0.1), (-0.6, 0.1)),
    ]
    found = find_weightiest(full, parts)
    assert found.part.tolist() == [2, 2, 1, -1, 1]
    np.testing.assert_equal(found.effect, [np.nan, 0.8, 0.7, np.nan, 0.5])
    np.testing.assert_equal(found.error, [np.nan, 0.8, 0.01, np.nan, 0.1])
    assert found.low[2] < 0.7 < found.high[2]


def test_where_no_part_can_be_left_out_there_is_none():
    found = find_weightiest(estimate((0.9, 0.1), (0.5, 0.1)), [])
    assert found.part.tolist() == [-1, -1]
    assert np.isnan([found.effect, found.error, found.low, found.high]).all()


@pytest.mark.parametrize(
    ("full", "without", "rests"),
    [
        ((0.9, 0.5, 1.3), (0.85, 0.4, 1.2), False),
        ((0.9, 0.5, 1.3), (0.9 - FAR - 0.01, 0.1, 1.0), True),
        ((0.9, 0.5, 1.3), (0.8, -0.1, 1.7), True),
        ((0.4, -0.1, 0.9), (0.5, 0.1, 0.9), True),
        ((-0.4, -0.7, -0.1), (-0.3, -0.6, 0.1), True),
        ((0.05, -0.4, 0.5), (-0.05, -0.5, 0.4), False),
        ((0.9, 0.5, 1.3), (np.nan, np.nan, np.nan), True),
        ((np.nan, np.nan, np.nan), (0.9, 0.5, 1.3), False),
        ((0.9, np.nan, np.nan), (0.8, np.nan, np.nan), False),
    ],
)
def test_what_rests_on_a_part_says_something_else_without_it(full, without, rests):
    assert rests_on_part(full, without) is rests


def relation_of(moved, better, about=None):
    """Return the relation of conditions that each move log norm and accuracy by so much."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(5, 3))
    weights, scores = {"baseline": base}, {"baseline": np.full((5, 4), 0.5)}
    for name, one, other in zip(NAMES, moved, better, strict=False):
        weights[name] = base + one + rng.normal(0, 0.05, (5, 3))
        scores[name] = 0.5 + 0.1 * (other + rng.normal(0, 0.05, (5, 4)))
    return row(relations_table([effects(weights, scores, about)]).to_pandas(), **RELATION)


def test_a_relation_that_one_condition_makes_names_it():
    moved, better = [0, 1, 0, 1, 0.5, 9], [0, 0, 1, 1, 0.5, 9]
    found = relation_of(moved, better)
    assert found["r"] > 0.95
    assert found["without_condition"] == "u"
    # Corners of a square and its middle: no relation.
    assert found["r_without"] == pytest.approx(0, abs=0.1)
    rest = relation_of(moved[:-1], better[:-1])
    for name in ("r", "low", "high"):
        assert found[f"{name}_without"] == pytest.approx(rest[name])
    ends = [tuple(found[[f"{n}{end}" for n in ("r", "low", "high")]]) for end in ("", "_without")]
    assert rests_on_part(*ends)


def test_a_relation_of_all_conditions_rests_on_none():
    found = relation_of(range(6), range(6))
    ends = [tuple(found[[f"{n}{end}" for n in ("r", "low", "high")]]) for end in ("", "_without")]
    assert found["without_condition"] in NAMES
    assert not rests_on_part(*ends)


def test_of_the_fewest_conditions_none_is_left_out():
    found = relation_of(range(MIN_CONDITIONS), range(MIN_CONDITIONS))
    assert np.isfinite(found["r"])
    assert found["without_condition"] == ""
    assert found[["r_without", "low_without", "high_without"]].isna().all()
    # A twin and a control are no conditions that could be left out.
    about = {"t": {"family": "null"}, "u": {"family": "control"}}
    assert relation_of(range(6), range(6), about)["without_condition"] == ""


def likeness_of(found, **key):
    table = likeness_table([found]).to_pandas()
    place = {"level": "family", "scope": "body", "one": "noise", "other": "augmentation"}
    return row(table, **place | key)


def drop_layer(found, name):
    """Return effects in which a layer was never there."""
    kept = np.array([layer != name for layer in LAYERS])
    return replace(
        found,
        layers=found.layers[kept].reset_index(drop=True),
        weights={key: values[..., kept] for key, values in found.weights.items()},
        own={key: values[..., kept] for key, values in found.own.items()},
        counted={key: values[kept] for key, values in found.counted.items()},
    )


def test_a_likeness_that_one_layer_makes_names_it():
    planted = world({"noise": np.add(ONE, SPIKE), "augmentation": np.add(OTHER, SPIKE)}, seeds=5)
    found = likeness_of(planted)
    assert found["likeness"] > 0.9
    assert found["without_layer"] == "conv3"
    assert found["likeness_without"] < found["likeness"] - FAR
    rest = likeness_of(drop_layer(planted, "conv3"))
    assert found["likeness_without"] == pytest.approx(rest["likeness"])
    assert found["error_without"] == pytest.approx(rest["error"])


def test_a_likeness_of_all_layers_rests_on_none():
    found = likeness_of(world({"noise": SHARED, "augmentation": SHARED}, seeds=5))
    assert found["likeness"] == pytest.approx(1, abs=0.05)
    assert found["without_layer"] in LAYERS[:-1]
    assert found["likeness_without"] == pytest.approx(found["likeness"], abs=0.05)


def test_no_layer_is_left_out_where_none_can_be_or_nothing_is_told():
    planted = world({"noise": SHARED, "augmentation": SHARED}, seeds=5)
    for found in (
        likeness_of(drop_layer(planted, "conv0")),  # eight are left without the classifier
        likeness_of(planted, other="noise"),
        likeness_of(planted, level="condition"),
        likeness_of(world({}, seeds=5)),
    ):
        assert found["without_layer"] == ""
        assert found[["likeness_without", "error_without"]].isna().all()
