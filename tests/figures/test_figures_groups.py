"""Figures over all settings and held-out domains of a data set, by hand."""

import itertools

import numpy as np
import pytest
from scipy.stats import t

from tests.helpers.drawing import texts
from tests.helpers.tables import frame
from weightscape.figures.combination_cloud import CombinationCloud
from weightscape.figures.dose_accuracy import DoseAccuracy
from weightscape.scoring import table as scores
from weightscape.tables import influences, runs

DOMAINS, SETTINGS = ("a", "b", "c"), ("lr-1", "lr-2")
METHODS = {
    "baseline": ("baseline", None), "dropout-0.5": ("dropout", 0.5), "twin": ("null", None),
    "scratch": ("scratch", None), "scratch-dropout": ("dropout", 0.5),
}  # fmt: skip


def accuracy(domain, condition, setting, seed, shifted):
    """Return a number that tells all of them apart."""
    value = 0.5 + 0.01 * DOMAINS.index(domain) + 0.1 * (condition == "dropout-0.5") + 0.001 * seed
    value += 0.002 * (condition == "twin") * (-1) ** seed
    return value + 0.05 * (setting == "lr-2") - 0.2 * shifted


@pytest.fixture(scope="module")
def tables():
    found = {"runs": [], "scores": []}
    every = itertools.product(DOMAINS, METHODS, (*SETTINGS, ""), (1, 2, 3))
    for domain, name, setting, seed in every:
        if not setting and name != "baseline":
            continue  # one that joins all settings
        condition = f"{name}+{setting}" if setting else "average_of_all"
        family, dose = METHODS[name] if setting else ("average_of_all", None)
        key = {"dataset": f"d-{domain}", "backbone": "b", "condition": condition, "seed": seed}
        about = {"family": family, "dose": dose, "setting": setting, "dataset_group": "d"}
        about |= {"score": "accuracy"}
        about["from_scratch"] = name.startswith("scratch")
        about["pretrained"] = "none" if about["from_scratch"] else "glyphs"
        about["is_twin"] = family == "null"
        found["runs"].append(key | about | {"reference": f"baseline+{setting or 'lr-1'}"})
        for shift, severity in (("none", 0), ("held_out", 1)):
            value = accuracy(domain, name, setting, seed, bool(severity))
            test = {"test_set": "test", "shift": shift, "severity": severity, "accuracy": value}
            found["scores"].append(key | test)
    return {
        "runs": frame(runs.SCHEMA, found["runs"]),
        "scores": frame(scores.SCHEMA, found["scores"]),
        "influences": frame(influences.SCHEMA, []),
    }


def test_a_cloud_has_a_point_for_every_choice_of_settings(tables):
    numbers = CombinationCloud().numbers(tables)
    points = {name: rows for name, rows in numbers.groupby("condition")}
    assert {name: len(rows) for name, rows in points.items()} == {
        "baseline": 2**3, "average_of_all": 1, "dropout 0.5": 2**3,
    }  # fmt: skip
    choices = [
        np.mean([[accuracy(d, "baseline", c, k, False) for k in (1, 2, 3)] for d, c in pairs])
        for settings in itertools.product(SETTINGS, repeat=3)
        for pairs in [zip(DOMAINS, settings, strict=True)]
    ]
    np.testing.assert_allclose(sorted(points["baseline"]["iid"]), sorted(choices))
    np.testing.assert_allclose(points["dropout 0.5"]["iid"] - points["dropout 0.5"]["shifted"], 0.2)
    few = CombinationCloud(most=5).numbers(tables)
    assert few.groupby("condition").size().max() == 5
    picture = CombinationCloud().draw(numbers)
    assert {"d", "dropout 0.5", "average_of_all"} <= set(texts(picture))


def test_a_dose_has_the_mean_over_settings_and_domains_with_an_interval_over_seeds(tables):
    numbers = DoseAccuracy().numbers(tables)
    assert sorted(numbers["dose"].unique()) == [0, 0.5]
    (row,) = numbers[(numbers["dose"] == 0.5) & (numbers["quantity"] == "shifted")].to_dict(
        "records"
    )
    of_seed = [
        np.mean([accuracy(d, "dropout-0.5", c, k, True) for d in DOMAINS for c in SETTINGS])
        for k in (1, 2, 3)
    ]
    half = t.ppf(0.975, 2) * np.std(of_seed, ddof=1) / np.sqrt(3)
    assert row["mean"] == pytest.approx(np.mean(of_seed))
    assert row["high"] - row["mean"] == pytest.approx(half)
    # The twin differs by -.002, .002, -.002.
    (none,) = numbers[(numbers["dose"] == 0) & (numbers["quantity"] == "iid")].to_dict("records")
    half = t.ppf(0.975, 2) * np.std([-0.002, 0.002, -0.002], ddof=1) / np.sqrt(3)
    assert none["floor_high"] - none["mean"] == pytest.approx(half - 0.002 / 3)
    assert none["floor_low"] - none["mean"] == pytest.approx(-half - 0.002 / 3)
    picture = DoseAccuracy().draw(numbers)
    assert {"test accuracy", "shifted accuracy", "0.5"} <= set(texts(picture))


def test_the_interval_of_a_dose_is_over_the_images_too(tables):
    rng = np.random.default_rng(0)
    rows = tables["scores"][["dataset", "backbone", "condition", "seed", "test_set", "shift"]]
    places = dict(zip(tables["scores"].index, tables["scores"]["severity"], strict=True))
    # All runs are moved alike by the images of their domain.
    of_domain = {name: rng.normal(0, 0.01, 30).astype(np.float32) for name in set(rows["dataset"])}
    given = [
        row | {"severity": places[i], "metric": "accuracy", "images": row["shift"],
               "influences": of_domain[row["dataset"]]}
        for i, row in rows.to_dict("index").items()
    ]  # fmt: skip
    whole = tables | {"influences": frame(influences.SCHEMA, given)}
    before, after = (
        numbers[(numbers["dose"] == 0.5) & (numbers["quantity"] == "iid")].iloc[0]
        for numbers in (DoseAccuracy().numbers(each) for each in (tables, whole))
    )
    assert after["mean"] == pytest.approx(before["mean"])
    # Settings share the images, domains do not: a third of each variance, and the seeds'.
    images = sum((each**2).sum() for each in of_domain.values()) / 9
    seeds = ((before["high"] - before["mean"]) / t.ppf(0.975, 2)) ** 2
    total = seeds + images
    df = 1 / (seeds / total / 2 + images / total / 29)
    expected = t.ppf(0.975, df) * np.sqrt(total)
    assert after["high"] - after["mean"] == pytest.approx(expected, rel=1e-4)


def test_a_family_without_doses_is_said_to_have_none(tables):
    figure = DoseAccuracy(family="sparsity")
    picture = figure.draw(figure.numbers(tables))
    assert "no condition of the family sparsity has a dose" in texts(picture)
