"""Differences from the reference, on tables small enough to work out by hand."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import CELL, LAYERS, effects, initial, study
from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Tables, effects_of

KEY = ("finetuned", "log_norm")
BASELINE = [[1.0, 2, 10], [3, 4, 20]]
X = [[1.5, 2.5, 16], [4, 5, 22]]
TAIL = ("alpha", "num_pl_spikes")


def test_differences_are_paired_by_seed_layer_by_layer():
    found = effects({"baseline": BASELINE, "x": X})
    assert found.conditions["condition"].tolist() == ["x"]
    assert (found.dataset, found.backbone, found.seeds) == ("d", "b", [1, 2])
    np.testing.assert_allclose(found.weights[KEY], [[[0.5, 0.5, 6], [1, 1, 2]]])
    mean, n_layers = found.mean_over(*KEY, found.within("all"))
    np.testing.assert_allclose(mean, [[7 / 3, 4 / 3]])
    body, n_body = found.mean_over(*KEY, found.within("body"))
    np.testing.assert_allclose(body, [[0.5, 1]])
    assert (n_layers.tolist(), n_body.tolist()) == ([3], [2])


def test_the_order_of_rows_says_nothing():
    tables = study({"baseline": BASELINE, "x": X}, {"x": np.arange(8.0).reshape(2, 4)})
    [found] = effects_of(Tables(*tables), KEY[1:])
    runs, spectra, scores = (table.sample(frac=1, random_state=1) for table in tables)
    runs = pd.concat([runs[runs["condition"] != "x"], runs[runs["condition"] == "x"]])
    [shuffled] = effects_of(Tables(runs, spectra, scores), KEY[1:])
    at = [shuffled.layers["layer"].tolist().index(layer) for layer, _ in LAYERS]
    np.testing.assert_array_equal(shuffled.weights[KEY][..., at], found.weights[KEY])
    for key, values in found.scores.items():
        np.testing.assert_array_equal(shuffled.scores[key].values, values.values)


def test_every_condition_has_the_reference_it_names():
    about = {"x": {"reference": "y"}, "y": {"reference": "baseline"}}
    found = effects({"baseline": [[0.0, 0, 0]], "x": [[5, 5, 5]], "y": [[2, 2, 2]]}, about=about)
    np.testing.assert_allclose(found.weights[KEY][:, 0, 0], [3, 2])


def test_scores_by_hand():
    # iid, blur 1, blur 2, noise 1
    scores = {"baseline": [[0.9, 0.8, 0.6, 0.5]], "x": [[0.8, 0.9, 0.7, 0.9]]}
    found = effects({"baseline": BASELINE[:1], "x": X[:1]}, scores).scores
    expected = {
        ("test", "none", 0): -0.1,
        ("test", "blur", 1): 0.1,
        ("test", "blur", 2): 0.1,
        ("test", "blur", None): 0.1,
        ("test", "noise", 1): 0.4,
        ("test", "noise", None): 0.4,
        (ALL, ALL, None): (0.1 + 0.4) / 2,  # each shift counts the same, whatever its severities
    }
    assert {key[:3] for key in found} == set(expected)
    for key, value in expected.items():
        np.testing.assert_allclose(found[(*key, "accuracy")].values, [[value]])
        np.testing.assert_allclose(found[(*key, "ece")].values, [[-value]])


def test_a_missing_shift_leaves_the_mean_over_shifts_missing():
    runs, spectra, scores = study({"baseline": BASELINE, "x": X})
    lost = (scores["condition"] == "x") & (scores["seed"] == 2) & (scores["severity"] == 2)
    found = effects_of(Tables(runs, spectra, scores[~lost]), KEY[1:])[0].scores
    np.testing.assert_array_equal(found[ALL, ALL, None, "nll"].values, [[0, np.nan]])
    np.testing.assert_array_equal(found["test", "noise", None, "nll"].values, [[0, 0]])


def test_a_layer_that_one_seed_lacks_leaves_the_mean_in_all_seeds():
    x = [[1.5, 2.5, 16], [4, np.nan, 22]]
    found = effects({"baseline": BASELINE, "x": x, "y": X})
    mean, n_layers = found.mean_over(*KEY, found.within("all"))
    np.testing.assert_allclose(mean, [[(0.5 + 6) / 2, (1 + 2) / 2], [7 / 3, 4 / 3]])
    assert n_layers.tolist() == [2, 3]


def test_a_missing_run_leaves_its_layers_to_the_other_seeds():
    found = effects({"baseline": BASELINE, "x": [X[0], [np.nan] * 3]})
    mean, n_layers = found.mean_over(*KEY, found.within("all"))
    np.testing.assert_allclose(mean, [[7 / 3, np.nan]])
    assert n_layers.tolist() == [3]


def tails(of_pretrained, of_others):
    """Return runs and spectra: tails of the initial networks, and one not compared with it."""
    about = {"scratch": {"comparable_weights": False, "initial": "b-none"}}
    values = {"baseline": BASELINE, "x": X, "scratch": X}
    runs, spectra, scores = study(values, about=about, metrics=TAIL)
    runs["initial"] = runs["initial"].fillna("b")
    spectra = initial(spectra, num_pl_spikes=np.tile(of_pretrained, 2))
    spectra = initial(spectra, num_pl_spikes=np.tile(of_others, 2), backbone="b-none")
    return runs, spectra, scores


def test_metrics_of_the_tail_count_layers_whose_tail_is_long_before_training():
    tables = tails([50.0, 49, 200], [1.0, 1, 1])
    [found] = effects_of(Tables(*tables), TAIL)
    assert found.counted["alpha"].tolist() == [True, False, True]
    mean, n_layers = found.mean_over("finetuned", "alpha", found.within("all"))
    np.testing.assert_allclose(mean[0], [(0.5 + 6) / 2, (1 + 2) / 2])
    assert n_layers.tolist() == [2, 0]


def test_all_initial_networks_of_comparable_runs_have_a_say_on_the_tail():
    runs, spectra, scores = tails([50.0, 49, 200], [1.0, 60, 60])
    runs["comparable_weights"] = True
    [found] = effects_of(Tables(runs, spectra, scores), TAIL)
    assert found.counted["alpha"].tolist() == [False, False, True]


def test_the_shortest_tail_of_all_seeds_counts():
    runs, spectra, scores = study({"baseline": BASELINE, "x": X}, metrics=("alpha", "log_norm"))
    spectra = initial(spectra, num_pl_spikes=[80.0, 80, 80, 80, 20, np.nan])
    [found] = effects_of(Tables(runs, spectra, scores), ("alpha", "log_norm"))
    assert found.counted["alpha"].tolist() == [True, False, False]
    assert found.counted["log_norm"].all()


@pytest.mark.parametrize("lost", ["dose", "comparable_weights", "pretrained", "family"])
def test_tables_from_elsewhere_may_lack_columns(lost):
    runs, spectra, scores = study({"baseline": BASELINE, "x": X})
    [found] = effects_of(Tables(runs.drop(columns=lost), spectra, scores), KEY[1:])
    np.testing.assert_allclose(found.weights[KEY][0, 0], [0.5, 0.5, 6])


def test_tables_from_elsewhere_may_lack_stages_and_initial_weights():
    runs, spectra, scores = study({"baseline": BASELINE, "x": X}, metrics=TAIL)
    [found] = effects_of(Tables(runs, spectra.drop(columns="stage"), scores), TAIL)
    assert set(found.weights) == {("finetuned", metric) for metric in TAIL}
    assert found.counted["alpha"].all()


@pytest.mark.parametrize("empty", [pd.DataFrame(), None])
def test_either_table_may_be_empty(empty):
    runs, spectra, scores = study({"baseline": BASELINE, "x": X})
    no_spectra, no_scores = (
        table.iloc[:0] if empty is None else empty for table in (spectra, scores)
    )
    [found] = effects_of(Tables(runs, no_spectra, scores), KEY[1:])
    assert (len(found.weights), len(found.layers)) == (0, 0)
    assert found.scores
    [found] = effects_of(Tables(runs, spectra, no_scores), KEY[1:])
    assert found.weights
    assert not found.scores


def test_columns_that_no_comparison_can_do_without():
    runs, spectra, scores = study({"baseline": BASELINE, "x": X})
    with pytest.raises(ValueError, match="the table runs lacks the columns reference"):
        effects_of(Tables(runs.drop(columns="reference"), spectra, scores), KEY[1:])
    with pytest.raises(ValueError, match="the table spectra lacks the columns layer, stable_rank"):
        effects_of(Tables(runs, spectra.drop(columns="layer"), scores), ["log_norm", "stable_rank"])
    with pytest.raises(ValueError, match="the table scores lacks the columns severity"):
        effects_of(Tables(runs, spectra, scores.drop(columns="severity")), KEY[1:])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_run_that_is_there_twice_is_an_error_that_names_it(which):
    tables = list(study({"baseline": BASELINE, "x": X}))
    rows = tables[which].query("condition == 'x' and seed == 2")
    tables[which] = pd.concat([tables[which], rows.iloc[:1]])
    with pytest.raises(ValueError, match=r"the run of x with seed 2 \(d, b\) is there twice"):
        effects_of(Tables(*tables), KEY[1:])


def test_every_dataset_and_backbone_by_itself():
    one = study({"baseline": BASELINE, "x": X})
    layers = (("patch", "stem"), ("mlp", "mlp_in"), ("attn", "q"), ("head", "classifier"))
    other = study(
        {"baseline": np.zeros((3, 4)), "x": np.ones((3, 4))},
        layers=layers,
        cell=CELL | {"backbone": "vit"},
    )
    tables = [pd.concat(parts) for parts in zip(one, other, strict=True)]
    first, second = effects_of(Tables(*tables), KEY[1:])
    assert [first.backbone, second.backbone] == ["b", "vit"]
    assert first.weights[KEY].shape == (1, 2, 3)
    assert second.weights[KEY].shape == (1, 3, 4)
    assert second.layers["layer"].tolist() == ["patch", "mlp", "attn", "head"]


def test_rows_of_runs_that_the_study_does_not_have_are_not_read():
    runs, spectra, scores = study({"baseline": BASELINE, "x": X, "gone": X})
    [found] = effects_of(Tables(runs[runs["condition"] != "gone"], spectra, scores), KEY[1:])
    assert found.conditions["condition"].tolist() == ["x"]
    np.testing.assert_allclose(found.weights[KEY][0, 0], [0.5, 0.5, 6])


def test_a_reference_without_runs_is_named_and_leaves_nothing():
    found = effects({"baseline": BASELINE, "x": X}, about={"x": {"reference": "lost"}})
    assert found.conditions["limitation"].tolist() == ["its reference lost has no runs"]
    assert np.isnan(found.weights[KEY]).all()
    assert np.isnan(found.scores["test", "none", 0, "accuracy"].values).all()


def test_other_initial_weights_leave_scores_only():
    scores = {"x": np.ones((2, 4))}
    found = effects(
        {"baseline": BASELINE, "x": X}, scores, about={"x": {"comparable_weights": False}}
    )
    assert np.isnan(found.weights[KEY]).all()
    np.testing.assert_allclose(found.scores["test", "none", 0, "accuracy"].values, [[0.5, 0.5]])
