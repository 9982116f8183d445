"""Slopes over doses, against scipy."""

import numpy as np
import pytest
from scipy import stats

from tests.helpers.planted import LAYERS, effects, initial, row, study
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.trends import fit_slopes, rescale, trends_table

DOSES = (0.1, 0.3, 0.9)
PLACE = {"family": "dropout", "scope": "all", "metric": "log_norm"}


def family(doses=DOSES, name="dropout", **more):
    return {f"{name}-{dose}": {"family": name, "dose": dose, **more} for dose in doses}


def world(about, seeds=4, noise=0.1):
    rng = np.random.default_rng(0)
    base = rng.normal(size=(seeds, 3))
    return {"baseline": base} | {
        name: base + float(columns.get("dose") or 0) + rng.normal(0, noise, (seeds, 3))
        for name, columns in about.items()
    }


def table_of(weights, about, scores=None, **options):
    return trends_table([effects(weights, scores, about, **options)]).to_pandas()


def test_slopes_are_scipys_seed_by_seed():
    values = np.random.default_rng(1).normal(size=(4, 5))
    doses = np.array([0.1, 0.5, 0.5, 3.0])
    expected = [stats.linregress(np.log2(doses), values[:, k]).slope for k in range(5)]
    np.testing.assert_allclose(fit_slopes(np.log2(doses), values), expected)


def test_a_doubling_by_hand():
    np.testing.assert_allclose(fit_slopes(np.array([0.0, 1, 2]), np.array([5.0, 7, 9])), 2)
    np.testing.assert_allclose(fit_slopes(np.array([0.0, 2]), np.array([[5.0, 0], [7, 0]])), [1, 0])


def test_the_table_is_the_mean_slope_over_the_seeds():
    about = family()
    weights = world(about)
    by_seed = [
        stats.linregress(
            np.log2(DOSES), [(weights[name] - weights["baseline"])[k].mean() for name in about]
        ).slope
        for k in range(4)
    ]
    expected = stats.ttest_1samp(by_seed, 0)
    found = row(table_of(weights, about), **PLACE)
    assert found["effect"] == pytest.approx(np.mean(by_seed))
    assert found["p"] == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval(0.95)
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))
    assert (found["n_doses"], found["n_seeds"], found["reference"]) == (3, 4, "baseline")
    assert found["limitation"] == ""


def test_scores_have_slopes_too():
    about = family((1.0, 2.0))
    scores = {
        "baseline": np.full((4, 4), 0.5),
        "dropout-1.0": np.full((4, 4), 0.6),
        "dropout-2.0": [[0.8, 0.6, 0.6, 0.7]] * 4,
    }
    table = table_of(world(about), about, scores)
    found = {shift: row(table, shift=shift, metric="accuracy") for shift in ("none", "all")}
    assert found["none"]["effect"] == pytest.approx(0.2)
    assert found["all"]["effect"] == pytest.approx(0.05)
    assert row(table, shift="none", metric="ece")["effect"] == pytest.approx(-0.2)


def test_rates_are_on_the_scale_of_their_odds_by_hand():
    # Odds of 1/3, 1, 3: two times log2 of 3 from the first to the last.
    np.testing.assert_allclose(
        2 ** rescale(np.array([0.25, 0.5, 0.75]), "log2 odds"), [1 / 3, 1, 3]
    )
    # From .9 to .95 the odds grow from 9 to 19, the rate by .08 doublings.
    steps = [np.diff(rescale(np.array([0.9, 0.95]), scale)) for scale in ("log2", "log2 odds")]
    np.testing.assert_allclose(steps, [[np.log2(0.95 / 0.9)], [np.log2(19 / 9)]])
    assert np.isnan(rescale(np.array([0.0, 1.0, 1.5]), "log2 odds")).all()
    np.testing.assert_array_equal(rescale(np.array([0.0, 1, 2]), "log2"), [np.nan, 0, 1])


def test_a_family_of_rates_has_slopes_per_doubling_of_the_odds():
    about = family((0.1, 0.5, 0.9, 1.0), is_rate=True)
    weights = world(about)
    odds = np.log2([1 / 9, 1, 9])
    names = ("dropout-0.1", "dropout-0.5", "dropout-0.9")
    by_seed = [
        stats.linregress(odds, [(weights[name] - weights["baseline"])[k].mean() for name in names])
        for k in range(4)
    ]
    found = row(table_of(weights, about), **PLACE)
    assert found["effect"] == pytest.approx(np.mean([each.slope for each in by_seed]))
    # A rate of 1 has no odds.
    assert (found["scale"], found["n_doses"]) == ("log2 odds", 3)
    assert row(table_of(weights, family((0.1, 0.5, 0.9))), **PLACE)["scale"] == "log2"


def test_doses_that_are_not_positive_have_no_place():
    about = family((0.0, *DOSES))
    weights = world(about)
    full = row(table_of(weights, about), **PLACE)
    without = row(table_of({n: w for n, w in weights.items() if n != "dropout-0.0"}, about),
                  **PLACE)  # fmt: skip
    assert full["n_doses"] == 3
    assert full["effect"] == without["effect"]


@pytest.mark.parametrize("doses", [(0.5,), (0.0, 0.5), (None, None)])
def test_fewer_than_two_doses_have_no_row(doses):
    about = {f"x{i}": {"family": "dropout", "dose": dose} for i, dose in enumerate(doses)}
    assert len(table_of(world(about), about)) == 0


def test_conditions_of_one_dose_count_as_one():
    about = family((1.0, 2.0)) | {"again": {"family": "dropout", "dose": 2.0}}
    assert row(table_of(world(about), about), **PLACE)["n_doses"] == 2
    same = {name: {"family": "dropout", "dose": 2.0} for name in about}
    assert len(table_of(world(about), same)) == 0


def test_families_with_two_references_have_two_slopes():
    about = family() | {"scratch": {}} | family(DOSES, "dropout_scratch", reference="scratch")
    about = {n: c | ({"family": "dropout"} if "dose" in c else {}) for n, c in about.items()}
    table = table_of(world(about), about)
    assert set(table["reference"]) == {"baseline", "scratch"}
    assert row(table, reference="scratch", **PLACE)["n_doses"] == 3


@pytest.mark.parametrize(
    ("seeds", "noise", "note"),
    [
        (1, 0.1, "one seed: no interval"),
        (2, 0.1, ""),
        (3, 0.0, "the same difference in every seed: no test"),
    ],
)
def test_few_seeds_and_no_spread(seeds, noise, note):
    about = family()
    weights = world(about, seeds, noise)
    if not noise:
        weights = {name: np.round(values, 1) * 0 for name, values in weights.items()}
    found = row(table_of(weights, about), **PLACE)
    assert found["limitation"] == note
    assert np.isfinite(found["effect"])
    assert np.isfinite(found["low"]) == (seeds > 1)


def test_a_run_that_a_dose_lacks_costs_its_seed():
    about = family()
    weights = world(about)
    weights["dropout-0.3"][2] = np.nan
    found = row(table_of(weights, about), **PLACE)
    assert (found["n_seeds"], found["limitation"]) == (3, "3 of 4 seeds")


def test_a_layer_that_failed_in_one_run():
    about = family()
    weights = world(about)
    weights["dropout-0.3"][2, 0] = np.nan
    found = row(table_of(weights, about), **PLACE)
    assert (found["n_seeds"], found["limitation"]) == (4, "1 of 3 layers lack a value in a seed")
    # Every dose is averaged over the layers that all of them have.
    left = {name: np.delete(values, 0, axis=1) for name, values in weights.items()}
    of_two = row(table_of(left, about, layers=LAYERS[1:]), **PLACE)
    assert found["effect"] == pytest.approx(of_two["effect"])


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ({"reference": "gone"}, "its reference gone has no runs"),
        (
            {"comparable_weights": False},
            "starts from other weights than its reference, or has none of its own",
        ),
    ],
)
def test_why_there_is_no_slope_is_named(columns, note):
    about = family(**columns)
    table = table_of(world(about), about)
    assert set(table.loc[table["scope"] != "scores", "limitation"]) == {note}
    assert table.loc[table["scope"] != "scores", "effect"].isna().all()


def test_a_metric_without_any_value_or_long_tail():
    about = family()
    weights = world(about)
    runs, spectra, scores = study(weights, about=about, metrics=["alpha"])
    short = initial(spectra, num_pl_spikes=9.0)
    table = trends_table(effects_of(Tables(runs, short, scores), ["alpha"])).to_pandas()
    note = "none of 3 layers has a long tail before training"
    assert row(table, scope="all", metric="alpha")["limitation"] == note
    nothing = {name: np.full((3, 3), np.nan) for name in weights}
    found = row(table_of(nothing, about), **PLACE)
    assert found["limitation"] == "3 of 3 layers lack a value in a seed"


def test_odd_names_come_through():
    odd = "дроп аут = <½>\n"
    about = {f"{odd}{dose}": {"family": odd, "dose": dose} for dose in DOSES}
    found = table_of(world(about), about)
    assert set(found["family"]) == {odd}
