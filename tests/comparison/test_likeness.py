"""Likeness of profiles: what noise cannot feign and strength cannot change."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.helpers.planted import CELL, effects, initial, row, study
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.layers import find_noise
from weightscape.comparison.likeness import likeness
from weightscape.comparison.likeness_rows import group_families, likeness_table
from weightscape.comparison.span import CONTROL_LINE

LAYERS = [(f"conv{i}", "conv") for i in range(9)] + [("fc", "classifier")]
COUNT = len(LAYERS)
OWN_CHANGE = np.cos(np.arange(COUNT))
BEND = np.sin(2.5 * np.arange(COUNT))
CONTROL = {"control": {"family": "control"}}
PLACE = {"scope": "all", "metric": "log_norm"}


def across_seeds(one, other):
    """Return the mean of numpy's r over pairs of different seeds."""
    seeds = range(len(one))
    return np.mean(
        [np.corrcoef(one[k], other[m])[0, 1] for k, m in itertools.product(seeds, seeds) if k != m]
    )


def planted(seeds=4, conditions=("x", "y"), noise=0.3, rng=None):
    """Return weights of ten layers with a profile for every condition, and those profiles."""
    rng = np.random.default_rng(3) if rng is None else rng
    base = rng.normal(size=(seeds, COUNT))
    drawn = rng.normal(size=(len(conditions), COUNT))
    # Nothing in common with what fine-tuning does, nor with a shift of all layers.
    plain = np.linalg.qr(np.stack([np.ones(COUNT), OWN_CHANGE, BEND], axis=1))[0]
    drawn -= (drawn @ plain) @ plain.T
    profiles = dict(zip(conditions, drawn, strict=True))
    weights = {
        name: base + profile + rng.normal(0, noise, (seeds, COUNT))
        for name, profile in profiles.items()
    }
    return {"baseline": base, **weights}, profiles


def tables_of(weights, about=None, metrics=("log_norm",), layers=LAYERS, cell=CELL):
    """Return runs, spectra and scores with a control, and initial weights a known way back."""
    base = weights["baseline"]
    own = OWN_CHANGE[: len(layers)]
    chance = np.random.default_rng(1).normal(0, 0.01, base.shape)
    made = weights | {"control": base - 0.1 * own + 0.1 * BEND[: len(layers)] + chance}
    given = {"layers": layers, "metrics": metrics, "cell": cell}
    runs, spectra, scores = study(made, None, CONTROL | (about or {}), **given)
    spectra = initial(spectra)
    spectra.loc[spectra["stage"] == "init", list(metrics)] = (base - own).ravel()[:, None]
    return Tables(runs, spectra, scores)


def effects_with_control(weights, about=None):
    [found] = effects_of(tables_of(weights, about), ["log_norm"])
    return found


def table_of(weights, about=None):
    """Return the table of what is no control."""
    table = likeness_table([effects_with_control(weights, about)]).to_pandas()
    return table[(table["one"] != "control") & (table["other"] != "control")]


def test_likeness_by_hand():
    found = likeness([[[0.0, 1, 2], [1, 3, 5]], [[0.0, 1, 2], [0, 1, 1]], [[0, 1, 0], [1, 0, 1]]])
    # Of (0 1 2) and (0 1 1) r is √¾; of the first and (0 1 0) it is 0, of the second ½.
    half = np.sqrt(0.75)
    np.testing.assert_allclose(
        found.r,
        [[1, (1 + half) / 2, 0], [(1 + half) / 2, half, 0.25], [0, 0.25, -1]],
        atol=1e-12,
    )
    np.testing.assert_allclose(found.reliability, [1, half, -1])
    np.testing.assert_allclose(found.corrected[:2, :2], [[1, 1.0026], [1.0026, 1]], atol=1e-4)
    assert np.isnan(found.corrected[2]).all()


@pytest.mark.parametrize("reliability", [0.49, 0.51, 0.99])
def test_below_half_a_reliability_nothing_is_corrected(reliability):
    one, other = np.array([1.0, -1, 1, -1]) / 2, np.array([1.0, 1, -1, -1]) / 2
    again = reliability * one + np.sqrt(1 - reliability**2) * other
    found = likeness([[one, again]])
    assert found.reliability[0] == pytest.approx(reliability)
    assert np.isfinite(found.corrected[0, 0]) == (reliability > 0.5)


def test_likeness_is_numpys_in_a_loop():
    profiles = np.random.default_rng(0).normal(size=(3, 5, 9)) + np.arange(9)
    found = likeness(profiles)
    for i, j in np.ndindex(3, 3):
        assert found.r[i, j] == pytest.approx(across_seeds(profiles[i], profiles[j]))
    for i, j, k in np.ndindex(3, 3, 5):
        left = np.delete(profiles, k, axis=1)
        r = {pair: across_seeds(left[pair[0]], left[pair[1]]) for pair in [(i, j), (i, i), (j, j)]}
        expected = r[i, j] / np.sqrt(r[i, i] * r[j, j])
        assert found.without[i, j, k] == pytest.approx(expected)


def test_noise_of_a_shared_reference_is_no_likeness():
    rng = np.random.default_rng(1)
    plain, ours = [], []
    for _ in range(200):
        a, b, reference = rng.normal(size=(3, 4, 20))
        found = likeness([a - reference, b - reference])
        ours.append(found.r[0, 1])
        plain.append(np.corrcoef((a - reference).mean(0), (b - reference).mean(0))[0, 1])
    # The standard errors over 200 studies are about .013 and .007.
    assert np.mean(plain) == pytest.approx(0.5, abs=0.05)
    assert np.mean(ours) == pytest.approx(0, abs=0.025)


def test_planted_likeness_is_recovered_whatever_the_strength():
    rng = np.random.default_rng(2)
    one, rest, *noise = rng.normal(size=(2 + 3 * 10, 2000))
    other = 0.6 * one + 0.8 * rest
    a, b, reference = np.reshape(noise, (3, 10, 2000))
    found = likeness([4 * one + a - reference, 1.5 * other + b - reference])
    # Signal variance over all variance, the noise being the run's and the reference's.
    np.testing.assert_allclose(found.reliability, [16 / 18, 2.25 / 4.25], atol=0.04)
    assert found.r[0, 1] < 0.47
    assert found.corrected[0, 1] == pytest.approx(0.6, abs=0.05)
    estimate = found.estimate
    assert estimate.low[0, 1] < 0.6 < estimate.high[0, 1]


def test_the_interval_covers_a_planted_likeness():
    rng = np.random.default_rng(4)
    covered = []
    for _ in range(400):
        one, rest = stats.zscore(rng.normal(size=(2, 30)), axis=1)
        other = 0.5 * one + np.sqrt(0.75) * rest
        truth = np.corrcoef(one, other)[0, 1]
        a, b, reference = rng.normal(size=(3, 6, 30)) * 0.5
        found = likeness([one + a - reference, other + b - reference]).estimate
        covered.append(found.low[0, 1] <= truth <= found.high[0, 1])
    # The jackknife is rough: 95 % ± 4 points, three standard errors of 400 studies being 3.3.
    assert np.mean(covered) == pytest.approx(0.95, abs=0.04)


def test_likeness_without_enough_to_go_by_is_missing():
    profile = np.arange(5.0)
    for given in (profile[None], np.ones((3, 5)), np.tile([0.0, 1, *[np.nan] * 3], (3, 1))):
        assert np.isnan(likeness([given]).corrected).all()
    assert np.isnan(likeness(np.full((2, 3, 5), np.nan)).r).all()


def test_a_seed_that_all_lack_is_none():
    weights, _ = planted(5)
    profiles = np.stack([weights[name] - weights["baseline"] for name in ("x", "y")])
    lost = profiles.copy()
    lost[:, 2] = np.nan
    found, expected = likeness(lost).estimate, likeness(np.delete(profiles, 2, axis=1)).estimate
    for name in ("effect", "low", "high", "n_seeds"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name))


def parts_of(found, *names, layers=slice(None)):
    """Return the profiles of conditions, the span and the noise, as the statistic takes them."""
    values = found.weights["finetuned", "log_norm"]
    order = list(found.conditions["condition"])
    profiles = np.stack([values[order.index(name)] for name in names])
    span = np.stack([found.own["finetuned", "log_norm"][0], values[order.index("control")]])
    return profiles[..., layers], span[..., layers], find_noise(values)[layers]


def test_the_table_is_the_statistic_on_what_is_left():
    weights, _ = planted()
    found = row(table_of(weights), level="condition", one="x", other="y", **PLACE)
    profiles, span, noise = parts_of(effects_with_control(weights), "x", "y")
    left, raw = likeness(profiles, span, noise), likeness(profiles, noise=noise)
    for start, expected in (("", left), ("raw_", raw)):
        assert found[f"{start}r"] == pytest.approx(expected.r[0, 1])
        assert found[f"{start}reliability"] == pytest.approx(expected.reliability[0])
        assert found[f"{start}reliability_other"] == pytest.approx(expected.reliability[1])
        assert found[f"{start}likeness"] == pytest.approx(expected.corrected[0, 1])
        assert found[f"{start}low"] == pytest.approx(expected.estimate.low[0, 1])
    assert found["error"] == pytest.approx(left.estimate.error[0, 1])
    assert found["explained"] == pytest.approx(left.explained[0])
    assert 0 <= found["explained"] < 0.3
    x, y = profiles
    assert found["pearson"] == pytest.approx(np.corrcoef(x.mean(0), y.mean(0))[0, 1])
    assert (found["n_seeds"], found["n_layers"], found["limitation"]) == (4, 10, "")
    body = row(table_of(weights), level="condition", one="x", other="y", scope="body")
    parts = parts_of(effects_with_control(weights), "x", "y", layers=slice(9))
    assert body["r"] == pytest.approx(likeness(*parts).r[0, 1])


def test_more_or_less_training_alone_leaves_nothing():
    weights, _ = planted(noise=0.02)
    rng = np.random.default_rng(11)
    for name, amount in (("x", -0.08), ("y", 0.05)):
        weights[name] = weights["baseline"] + amount * OWN_CHANGE + rng.normal(0, 0.002, (4, COUNT))
    found = row(table_of(weights), level="condition", one="x", other="y", **PLACE)
    assert found["raw_likeness"] == pytest.approx(-1, abs=0.02)
    assert found["explained"] > 0.98
    assert np.isnan(found["likeness"])


def test_without_a_control_nothing_is_said_but_the_raw_value():
    weights, _ = planted()
    found = likeness_table([effects(weights, layers=LAYERS)]).to_pandas()
    pair = row(found, level="condition", one="x", other="y", **PLACE)
    assert np.isnan([pair["r"], pair["likeness"], pair["explained"]]).all()
    assert np.isfinite(pair["raw_likeness"])
    assert pair["limitation"].endswith(f"add `- {CONTROL_LINE}` to the conditions")


@pytest.mark.parametrize(("kind", "missing"), [("steps", "rate"), ("rate", "steps")])
def test_one_kind_of_control_is_not_enough(kind, missing):
    weights, _ = planted()
    tables = tables_of(weights)
    kinds = np.where(tables.runs["condition"] == "control", kind, "")
    [found] = effects_of(tables._replace(runs=tables.runs.assign(kind=kinds)), ["log_norm"])
    pair = row(likeness_table([found]).to_pandas(), level="condition", one="x", other="y", **PLACE)
    assert np.isnan(pair["likeness"])
    assert pair["limitation"].startswith(f"needs a control of the {missing}, too: ")
    assert f"name: control-{missing}, family: control" in pair["limitation"]


def test_without_initial_weights_nothing_is_said_but_the_raw_value():
    weights, _ = planted()
    tables = tables_of(weights)
    spectra = tables.spectra[tables.spectra["stage"] != "init"]
    [found] = effects_of(tables._replace(spectra=spectra), ["log_norm"])
    pair = row(likeness_table([found]).to_pandas(), level="condition", one="x", other="y", **PLACE)
    assert pair["limitation"] == "needs the spectra of the initial weights"
    assert np.isfinite(pair["raw_likeness"])


def test_a_family_is_the_mean_of_its_conditions():
    weights, _ = planted(conditions=("x-1", "x-2", "y"))
    about = {name: {"family": "x"} for name in ("x-1", "x-2")}
    table = table_of(weights, about=about)
    of = table[table["level"] == "family"]
    assert set(of["one"]) == {"x", "y"}
    profiles, span, noise = parts_of(effects_with_control(weights, about), "x-1", "x-2", "y")
    x, y = profiles[:2].mean(axis=0), profiles[2]
    expected = likeness(np.stack([x, y]), span, noise).r[0, 1]
    assert row(of, one="x", other="y", **PLACE)["r"] == pytest.approx(expected)
    found = group_families(effects(weights, layers=LAYERS, about=about))
    assert {name: members.tolist() for name, members in found.items()} == {
        "x": [True, True, False],
        "y": [False, False, True],
    }


def test_members_without_pre_training_are_in_no_family_of_those_with():
    weights, _ = planted(conditions=("x-1", "s", "s-x"))
    about = {"x-1": {"family": "x"}, "s": {"pretrained": "none", "comparable_weights": False}}
    about["s-x"] = {"family": "x", "pretrained": "none", "reference": "s"}
    found = group_families(effects(weights, layers=LAYERS, about=about))
    assert {name: members.tolist() for name, members in found.items()} == {
        "x": [True, False, False],
        "s": [False, True, False],
    }
    alone = {name: {**entry, "pretrained": "none"} for name, entry in about.items()}
    found = group_families(effects(weights, layers=LAYERS, about=alone | {"baseline": alone["s"]}))
    assert found["x"].tolist() == [True, False, True]


def test_a_profile_that_does_not_repeat_itself_is_inconclusive():
    weights, _ = planted(noise=0.01)
    rng = np.random.default_rng(9)
    weights["noise"] = weights["baseline"] + rng.normal(size=(4, COUNT))
    found = row(table_of(weights), level="condition", one="x", other="noise", **PLACE)
    assert found["reliability_other"] < 0.5
    assert np.isnan([found["likeness"], found["low"], found["high"]]).all()
    assert np.isfinite(found["r"])
    assert found["limitation"] == "a reliability is below 0.5: inconclusive"


@pytest.mark.parametrize(
    ("seeds", "note"), [(1, "seeds: 1, two are needed"), (2, "two seeds: no interval")]
)
def test_few_seeds(seeds, note):
    weights, _ = planted(seeds, noise=0.01)
    table = table_of(weights)
    assert set(table["limitation"]) == {note}
    assert table[["low", "high"]].isna().all(axis=None)
    assert table["likeness"].notna().all() == (seeds == 2)


def test_an_interval_takes_three_seeds_that_count():
    weights, _ = planted(3, noise=0.01)
    weights["x"][1] = np.nan
    found = row(table_of(weights), level="condition", one="x", other="y", **PLACE)
    assert np.isfinite(found["likeness"])
    assert np.isnan(found["low"])
    assert found["limitation"] == "2 of 3 seeds; two seeds: no interval"


@pytest.mark.parametrize("layers", [7, 2, 1])
def test_few_layers(layers):
    rng = np.random.default_rng(0)
    weights = {name: rng.normal(size=(3, layers)) for name in ("baseline", "x")}
    tables = tables_of(weights, layers=LAYERS[-layers:])
    found = likeness_table(effects_of(tables, ["log_norm"])).to_pandas()
    note = row(found, level="family", one="x", other="x", **PLACE)["limitation"]
    assert note == f"layers: {layers}, 8 are needed"
    assert found["r"].isna().all()
    assert found["raw_r"].notna().all() == (layers == 7)


def test_short_tails_leave_the_profile():
    weights, _ = planted()
    tables = tables_of(weights, metrics=["alpha"])
    tail = dict(zip((name for name, _ in LAYERS), [60.0] * 6 + [10] + [60] * 3, strict=True))
    spectra = tables.spectra.assign(num_pl_spikes=tables.spectra["layer"].map(tail))
    table = likeness_table(effects_of(tables._replace(spectra=spectra), ["alpha"])).to_pandas()
    found = row(table, level="condition", one="x", other="y", scope="all")
    parts = (
        np.delete(each, 6, axis=-1) for each in parts_of(effects_with_control(weights), "x", "y")
    )
    assert found["r"] == pytest.approx(likeness(*parts).r[0, 1])
    assert found["n_layers"] == 9


def test_failures_are_named():
    weights, _ = planted(3, conditions=("x", "y", "same"))
    weights["x"][1] = np.nan
    weights["y"][0, 3] = np.nan
    weights["same"] = weights["baseline"] * 1
    table = table_of(weights)
    of = {name: row(table, level="condition", one=name, other=name, **PLACE) for name in weights
          if name != "baseline"}  # fmt: skip
    layer = "1 of 10 layers left out: no value in every run"
    assert of["x"]["limitation"] == f"{layer}; 2 of 3 seeds; two seeds: no interval"
    assert of["y"]["limitation"] == layer
    assert (
        of["same"]["limitation"]
        == f"{layer}; nothing is left of a profile beside the amount of training"
    )
    both = row(table, level="condition", one="y", other="same", **PLACE)
    turned = row(table, level="condition", one="same", other="y", **PLACE)
    assert both["limitation"] == turned["limitation"] == of["same"]["limitation"]


def test_a_metric_without_any_value():
    table = table_of({name: np.full((3, COUNT), np.nan) for name in ("baseline", "x")})
    assert all(note.endswith("layers: 0, 8 are needed; seeds: 0, two are needed")
               for note in table["limitation"])  # fmt: skip


def test_conditions_without_effects_on_weights_are_left_out():
    weights, _ = planted(conditions=("x", "lost", "scratch"))
    about = {"lost": {"reference": "gone"}, "scratch": {"comparable_weights": False}}
    assert set(table_of(weights, about=about)["one"]) == {"x"}
    assert len(likeness_table([effects({"baseline": weights["baseline"]}, layers=LAYERS)])) == 0


def test_backbones_with_different_layers():
    weights, _ = planted()
    few = {name: values[:, :8] for name, values in weights.items()}
    pairs = zip(
        tables_of(weights)[:3],
        tables_of(few, layers=LAYERS[:8], cell=CELL | {"backbone": "c"})[:3],
        strict=True,
    )
    table = likeness_table(effects_of(Tables(*map(pd.concat, pairs)), ["log_norm"])).to_pandas()
    pair = {"level": "condition", "one": "x", "other": "y", **PLACE}
    assert row(table, backbone="b", **pair)["n_layers"] == 10
    assert row(table, backbone="c", **pair)["n_layers"] == 8


def test_odd_names_come_through():
    odd = ("дроп аут = <½>\n", "a/b;c")
    weights, _ = planted(conditions=odd)
    assert set(table_of(weights)["other"]) == set(odd)
