"""From scores and influences to values over seeds and images, and to effects."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.helpers.planted import row
from weightscape.comparison.arrays import ALL, Axes
from weightscape.comparison.compare import LONE_IMAGES, NO_INFLUENCES, comparisons_table
from weightscape.comparison.crossed import estimate_crossed, find_unsampled
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.paired import estimate_paired
from weightscape.comparison.scored import crossed_accuracies, crossed_scores
from weightscape.comparison.trends import trends_table
from weightscape.config.run import RunId
from weightscape.network.predictions import table_of
from weightscape.scoring.score_run import influence_rows, score_rows

AXES = Axes(["baseline", "x"], [1, 2])
CELL = {"dataset": "d", "backbone": "b"}


def influences(**changes):
    """Return influences of two runs in two seeds, on the test images, a corruption and others."""
    rng = np.random.default_rng(0)
    rows = [
        {**CELL, "condition": condition, "seed": seed, "test_set": "test", "shift": shift,
         "severity": severity, "metric": "accuracy", "images": images,
         "influences": rng.normal(size=groups).astype(np.float32), "reason": ""}
        for condition in AXES.conditions
        for seed in AXES.seeds
        for shift, severity, images, groups in
        (("none", 0, "test", 4), ("blur", 1, "test", 4), ("blur", 2, "test", 4),
         ("printed", 1, "test/printed", 3))
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def scores(table):
    columns = [*CELL, "condition", "seed", "test_set", "shift", "severity"]
    found = table[columns].drop_duplicates()
    return found.assign(accuracy=np.random.default_rng(1).random(len(found)))


def given(table, condition, seed, shift, severity=1):
    place = {"condition": condition, "seed": seed, "shift": shift, "severity": severity}
    return row(table, **place)["influences"]


def test_influences_follow_the_scores():
    table = influences()
    shuffled = table.sample(frac=1, random_state=0)
    found = dict(crossed_scores(scores(table), shuffled, AXES, ["accuracy", "nll"]))
    iid = found["test", "none", 0, "accuracy"]
    assert [each.shape for each in iid.influences] == [(2, 2, 4), (2, 2, 0)]
    np.testing.assert_array_equal(iid.influences[0][1, 0], given(table, "x", 1, "none", 0))
    blur = found["test", "blur", None, "accuracy"].influences[0][0, 1]
    of_each = [given(table, "baseline", 2, "blur", k) for k in (1, 2)]
    np.testing.assert_allclose(blur, np.mean(of_each, axis=0), rtol=1e-6)
    # Over the shifts: half of it is of the images of its own.
    whole = found[ALL, ALL, None, "accuracy"].influences
    np.testing.assert_allclose(whole[0][0, 1], blur / 2, rtol=1e-6)
    own = given(table, "baseline", 2, "printed")
    np.testing.assert_allclose(whole[1][0, 1], own / 2, rtol=1e-6)


def test_effects_are_differences_of_both():
    table = influences()
    runs = scores(table)[[*CELL, "condition", "seed"]].drop_duplicates()
    runs = runs.assign(reference="baseline", family=runs["condition"])
    tables = Tables(runs, scores=scores(table), influences=table)
    [effects] = effects_of(tables, ())
    found = effects.score(ALL, "accuracy")
    parts = dict(crossed_scores(tables.scores, table, AXES, ["accuracy"]))
    both = parts[ALL, ALL, None, "accuracy"]
    np.testing.assert_allclose(found.values, both.values[1:] - both.values[:1])
    for here, of_set in zip(found.influences, both.influences, strict=True):
        np.testing.assert_allclose(here, of_set[1:] - of_set[:1])
    gap = effects.score("none", "accuracy") - found
    assert [each.shape[-1] for each in gap.influences] == [4, 3]


@pytest.mark.parametrize("nothing", [pd.DataFrame(), influences().iloc[:0]])
def test_without_influences_there_are_values_alone(nothing):
    table = influences()
    found = dict(crossed_scores(scores(table), nothing, AXES, ["accuracy"]))
    assert all(each.influences == () for each in found.values())
    assert find_unsampled(found[ALL, ALL, None, "accuracy"]).all()


def test_a_run_that_lacks_them_is_not_known():
    table = influences()
    lost = (table["condition"] == "x") & (table["seed"] == 2) & (table["shift"] == "printed")
    empty = table["influences"].where(~lost, pd.Series([[]] * len(table)))
    for left in (table[~lost], table.assign(influences=empty)):
        found = dict(crossed_scores(scores(table), left, AXES, ["accuracy"]))
        assert find_unsampled(found["test", "blur", None, "accuracy"]).tolist() == [False, False]
        for key in (("test", "printed", 1), (ALL, ALL, None)):
            assert find_unsampled(found[(*key, "accuracy")]).tolist() == [False, True]
    # None at all of some images.
    none = table["influences"].where(table["images"] == "test", pd.Series([[]] * len(table)))
    found = dict(crossed_scores(scores(table), table.assign(influences=none), AXES, ["accuracy"]))
    assert find_unsampled(found["test", "printed", 1, "accuracy"]).all()
    assert not find_unsampled(found["test", "none", 0, "accuracy"]).any()


def test_runs_on_other_images_are_not_compared():
    table = influences()
    place = (table["condition"] == "x") & (table["seed"] == 2) & (table["shift"] == "none")
    table.loc[place, "influences"] = pd.Series([np.ones(3)], table.index[place])
    message = (
        r"run of x with seed 2 \(d, b\) was tested on other images .* 3 groups .* test, and they 4"
    )
    with pytest.raises(ValueError, match=message):
        dict(crossed_scores(scores(table), table, AXES, ["accuracy"]))


def test_one_test_set_is_of_the_same_images_in_all_runs():
    table = influences()
    other = (table["condition"] == "x") & (table["shift"] == "blur")
    table.loc[other, "images"] = "test/blur"
    with pytest.raises(ValueError, match="different images, all called test blur 1"):
        dict(crossed_scores(scores(table), table, AXES, ["accuracy"]))


def test_influences_that_are_there_twice_and_columns_that_lack():
    table = influences()
    twice = pd.concat([table, table.iloc[-1:]])
    with pytest.raises(ValueError, match=r"the run of x with seed 2 \(d, b\) is there twice"):
        dict(crossed_scores(scores(table), twice, AXES, ["accuracy"]))
    runs = (
        scores(table)
        .assign(reference="baseline", family="f")
        .drop_duplicates(["condition", "seed"])
    )
    with pytest.raises(ValueError, match="the table influences lacks the columns images"):
        effects_of(Tables(runs, scores=scores(table), influences=table.drop(columns="images")), ())


def test_accuracies_without_shifts_are_missing():
    table = influences()
    table = table[table["shift"] == "none"]
    found = crossed_accuracies(scores(table), table, AXES, "accuracy")
    assert np.isfinite(found["iid"].values).all() and np.isnan(found["shifted"].values).all()


# From predictions on.


def study(moved, labels, seeds=3):
    """Return tables of a baseline and two doses; `moved` gives the logits of a run."""
    parts, runs = [], []
    for condition, dose in (("baseline", None), ("dropout-0.5", 0.5), ("dropout-0.9", 0.9)):
        for seed in range(1, seeds + 1):
            run = RunId("d", "b", condition, seed)
            family = "dropout" if dose else condition
            runs.append({**run._asdict(), "family": family, "dose": dose, "is_rate": True,
                         "reference": "baseline"})  # fmt: skip
            for k, key in enumerate((("test", "none", 0), ("test", "blur", 1))):
                logits = moved(dose or 0.0, seed, k).astype(np.float32)
                parts.append(table_of(run, key, labels, logits))
    predictions = pa.concat_tables(parts)
    made = {name: [make(part) for part in _by_run(predictions)]
            for name, make in (("scores", score_rows), ("influences", influence_rows))}  # fmt: skip
    frames = {name: pa.concat_tables(each).to_pandas() for name, each in made.items()}
    return Tables(pd.DataFrame(runs), **frames)


def _by_run(predictions):
    frame = predictions.select(["condition", "seed"]).to_pandas()
    for _, rows in frame.groupby(["condition", "seed"]).groups.items():
        yield predictions.take(rows.to_numpy())


def same_in_all_seeds(dose, seed, shift):
    rng = np.random.default_rng([int(10 * dose), shift])
    return rng.normal(size=(150, 2)) + np.array([0.6, 0]) + dose / 10


def test_seeds_that_agree_to_the_image_are_compared_and_trended_by_their_images():
    tables = study(same_in_all_seeds, np.arange(150) % 2 * 0)
    effects = effects_of(tables, ())
    table = comparisons_table(effects).to_pandas()
    place = {"condition": "dropout-0.5", "metric": "accuracy", "shift": "none", "test_set": "test"}
    found = row(table, **place)
    assert found["low"] < found["effect"] < found["high"]
    assert np.isfinite([found["p"], found["smallest_detectable"]]).all()
    assert found["limitation"] == ""
    # Against a paired test over the images.
    right = [same_in_all_seeds(dose, 1, 0).argmax(axis=1) == 0 for dose in (0.5, 0.0)]
    differences = right[0].astype(float) - right[1]
    alone = estimate_paired(differences)
    assert (found["low"], found["high"]) == pytest.approx((alone.low, alone.high), abs=1e-6)
    trend = row(trends_table(effects).to_pandas(), shift="none", metric="accuracy")
    assert trend["low"] < trend["effect"] < trend["high"]
    assert (trend["limitation"], trend["scale"]) == ("", "log2 odds")
    [effect] = effects
    found = estimate_crossed(effect.score(ALL, "accuracy"))
    assert (found.error > 0).all() and (found.df > 100).all()


def test_one_test_image_of_a_class_leaves_the_seeds_and_says_so():
    labels = np.append(np.zeros(149, int), 1)
    rng = np.random.default_rng(0)
    tables = study(lambda *_: rng.normal(size=(150, 2)), labels)
    table = comparisons_table(effects_of(tables, ())).to_pandas()
    place = {"condition": "dropout-0.5", "shift": "none", "test_set": "test"}
    for metric, note in (("balanced_accuracy", LONE_IMAGES), ("auroc", LONE_IMAGES), ("nll", "")):
        found = row(table, metric=metric, **place)
        assert found["limitation"] == note
        assert found["low"] < found["high"]
    trend = row(trends_table(effects_of(tables, ())).to_pandas(), shift="none", metric="auroc")
    assert trend["limitation"] == LONE_IMAGES


def test_tables_without_influences_say_what_their_intervals_leave_out():
    tables = study(same_in_all_seeds, np.arange(150) % 2)._replace(influences=pd.DataFrame())
    table = comparisons_table(effects_of(tables, ())).to_pandas()
    assert set(table["limitation"]) == {
        f"{NO_INFLUENCES}; the same difference in every seed: no test"
    }
