"""Figures of accuracy and calibration: shifts, doses, reliability."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.drawing import CELL, lines, small_runs
from tests.helpers.tables import frame
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.paired import estimate_paired
from weightscape.comparison.quantities import MEAN
from weightscape.figures import style
from weightscape.figures.accuracy_shift import AccuracyShift
from weightscape.figures.dose_response import DoseResponse
from weightscape.figures.reliability_diagram import ReliabilityDiagram
from weightscape.scoring import table as scores
from weightscape.tables import calibration, comparisons


def small_scores(values):
    """Return scores from {(condition, seed): (iid, blur 1, blur 2, dark)}."""
    tests = [("test", "none", 0), ("test", "blur", 1), ("test", "blur", 2), ("sketch", "dark", 1)]
    return frame(
        scores.SCHEMA,
        [
            {
                **CELL,
                "condition": condition,
                "seed": seed,
                "test_set": test,
                "shift": shift,
                "severity": severity,
                "accuracy": accuracy,
            }
            for (condition, seed), numbers in values.items()
            for (test, shift, severity), accuracy in zip(tests, numbers, strict=True)
        ],
    )


SCORES = {
    ("base", 0): (0.9, 0.8, 0.6, 0.5),
    ("base", 1): (0.8, 0.7, 0.5, 0.3),
    ("twin", 0): (0.9, 0.8, 0.6, 0.5),
    ("twin", 1): (0.9, 0.7, 0.5, 0.5),
    ("x", 0): (0.95, 0.9, 0.7, 0.6),
    ("x", 1): (0.85, 0.8, 0.6, 0.5),
}


def compared_scores(tables):
    """Return the table of comparisons that follows from runs and scores."""
    effects = effects_of(Tables(tables["runs"], scores=tables["scores"]), ())
    return comparisons_table(effects).to_pandas()


SCORED = (("base", "baseline", None), ("twin", "null", None), ("x", "dropout", 0.5))


def test_accuracy_shift():
    given = {"runs": small_runs(*SCORED), "scores": small_scores(SCORES)}
    given |= {"comparisons": compared_scores(given)}
    figure = AccuracyShift()
    numbers = figure.numbers(given)
    base = numbers[(numbers["condition"] == "base") & (numbers["kind"] == "run")]
    assert list(base["shift"].unique()) == [MEAN, "blur", "dark (sketch)"]
    # Each shift counts the same, however many severities it has.
    assert base.loc[base["shift"] == MEAN, "shifted"].tolist() == pytest.approx([0.6, 0.45])
    assert base.loc[base["shift"] == "blur", "shifted"].tolist() == pytest.approx([0.7, 0.6])
    mean = numbers[(numbers["kind"] == "mean") & (numbers["shift"] == MEAN)].set_index("condition")
    assert mean.loc["x", ["iid", "shifted"]].tolist() == pytest.approx([0.9, 0.65])
    (floor,) = numbers[(numbers["kind"] == "floor") & (numbers["shift"] == MEAN)].itertuples()
    known = estimate_paired(np.array([0.0, 0.1]))
    assert (floor.iid_low, floor.iid_high) == pytest.approx((0.85 + known.low, 0.85 + known.high))

    large, *small = figure.draw(numbers).axes
    assert [ax.get_title(loc="left") for ax in small] == ["blur", "dark (sketch)"]
    dots, middle = lines(large, "x")
    assert dots.get_xydata().tolist() == pytest.approx(np.array([[0.95, 0.7], [0.85, 0.6]]))
    assert middle.get_xydata()[0].tolist() == pytest.approx([0.9, 0.65])
    (box,) = large.patches
    assert box.get_x() == pytest.approx(floor.iid_low)


def test_dose_response():
    row = {
        **CELL,
        "condition": "x",
        "family": "dropout",
        "dose": 0.5,
        "reference": "base",
        "is_twin": False,
        "scope": "body",
        "stage": "finetuned",
        "metric": "log_norm",
        "effect": 1.0,
        "low": 0.5,
        "high": 1.5,
    }
    given = {
        "runs": small_runs(*SCORED),
        "scores": small_scores(SCORES),
        "comparisons": frame(
            comparisons.SCHEMA,
            [
                row | {"condition": "y", "dose": 0.9, "effect": 3.0},
                row,
                row | {"scope": "all", "effect": 9.0},
                row | {"condition": "plain", "family": "augmentation", "dose": None},
                row
                | {"condition": "twin", "family": "null", "dose": None, "is_twin": True}
                | {"low": -1.0, "high": 2.0},
            ],
        ),
    }
    weights = given["comparisons"]
    given |= {"comparisons": pd.concat([weights, compared_scores(given)])}
    figure = DoseResponse(metrics=("log_norm",))
    numbers = figure.numbers(given)
    assert numbers[["quantity", "condition", "effect"]].to_numpy().tolist() == [
        ["log_norm", "y", 3.0],
        ["log_norm", "x", 1.0],
        ["log_norm", "twin", 1.0],
        ["accuracy", "twin", pytest.approx(0.05)],
        ["accuracy", "x", pytest.approx(0.05)],
        ["shifted_accuracy", "twin", pytest.approx(0.05)],
        ["shifted_accuracy", "x", pytest.approx(0.125)],
    ]
    # Paired differences of the means over the shifts: .7 − .6 and .6 − .45.
    known = estimate_paired(np.array([0.1, 0.15]))
    shifted = numbers.iloc[-1]
    assert (shifted["low"], shifted["high"]) == pytest.approx((known.low, known.high))

    axes = figure.draw(numbers).axes
    assert [ax.get_title(loc="center") for ax in axes] == [
        style.label(name) for name in ("log_norm", "accuracy", "shifted_accuracy")
    ]
    (line,) = lines(axes[0], "base")
    assert line.get_xydata().tolist() == [[1, 1.0], [2, 3.0]]
    assert [text.get_text() for text in axes[0].get_xticklabels()] == ["ref.", "0.5", "0.9"]
    assert [patch.get_gid() for patch in axes[0].patches] == ["noise floor"]

    unshifted = given | {"scores": given["scores"].query("shift == 'none'")}
    unshifted |= {"comparisons": pd.concat([weights, compared_scores(unshifted)])}
    numbers = figure.numbers(unshifted)
    assert list(numbers["quantity"].unique()) == ["log_norm", "accuracy"]
    assert AccuracyShift().numbers(unshifted).empty


def small_calibration(counts):
    """Return calibration from {(condition, seed, shift): [(bin, n, confidence, accuracy), ...]}."""
    return frame(
        calibration.SCHEMA,
        [
            {
                **CELL,
                "condition": condition,
                "seed": seed,
                "test_set": "val" if shift == "val" else "test",
                "shift": "none" if shift == "val" else shift,
                **dict(zip(("bin", "n", "confidence", "accuracy"), values, strict=True)),
            }
            for (condition, seed, shift), bins in counts.items()
            for values in bins
        ],
    )


def test_reliability_diagram():
    counts = {
        ("base", 0, "val"): [(1, 99, 0.9, 0.1)],
        ("base", 0, "none"): [(0, 0, None, None), (1, 30, 0.8, 0.5), (2, 10, 0.9, 0.9)],
        ("base", 1, "none"): [(0, 5, 0.1, 0.2), (1, 10, 0.6, 0.9), (2, 5, 0.9, 0.9)],
        ("base", 0, "blur"): [(1, 30, 0.8, 0.6), (2, 10, 1.0, 0.9)],
        ("base", 0, "dark"): [(1, 10, 0.8, 0.2), (2, 0, None, None)],
        ("base", 1, "blur"): [(1, 10, 0.5, 0.5), (2, 0, None, None)],
    }
    given = {
        "runs": small_runs(("base", "baseline", None)),
        "calibration": small_calibration(counts),
    }
    figure = ReliabilityDiagram()
    numbers = figure.numbers(given)
    columns = ["n", "confidence", "accuracy", "share"]
    test = numbers[numbers["panel"] == "test"]
    np.testing.assert_allclose(
        test[columns],
        [
            [5, 0.1, 0.2, 5 / 60],
            [40, 0.75, 0.6, 40 / 60],
            [15, 0.9, 0.9, 15 / 60],
        ],
    )
    # Seed by seed: 30/40 · .3, and 5/20 · .1 + 10/20 · .3.
    np.testing.assert_allclose(test["ece"], (0.225 + 0.175) / 2)
    shifted = numbers[numbers["panel"] == "shifted"]
    np.testing.assert_allclose(shifted[columns[:3]], [[50, 0.74, 0.5], [10, 1.0, 0.9]])
    # The shifts' bins are pooled before the distance is taken: 40/50 · .3 + 10/50 · .1, and 0.
    np.testing.assert_allclose(shifted["ece"], 0.26 / 2)

    picture = figure.draw(numbers)
    diagrams = {ax.get_title(loc="left"): ax for ax in picture.axes}
    (line,) = lines(diagrams["test images"], "base")
    np.testing.assert_allclose(line.get_xydata(), [[0.75, 0.6], [0.9, 0.9]])
    listed = [[text.get_text() for text in ax.texts] for ax in picture.axes if ax.texts]
    assert listed == [["ECE", "0.200", "base"], ["ECE", "0.130", "base"]]


def test_conditions_are_ranked_by_their_calibration():
    counts = {
        (name, 0, "none"): [(0, 20, 0.5, 0.5 + gap)]
        for name, gap in (("base", 0.2), ("twin", 0.25), ("x", 0.1), ("lost", 0.0))
    }
    counts["lost", 0, "none"] = [(0, 0, None, None)]
    runs = small_runs(*SCORED, ("lost", "noise", 1.0), seeds=1)
    given = {"runs": runs, "calibration": small_calibration(counts)}
    figure = ReliabilityDiagram()
    picture = figure.draw(figure.numbers(given))
    (ranking,) = [ax for ax in picture.axes if ax.texts]
    assert [text.get_text() for text in ranking.texts] == [
        *("ECE", "0.100", "x", "0.200", "base", "0.250", "twin")
    ]
    (twin,), (base,) = (lines(picture.axes[0], name) for name in ("twin", "base"))
    assert twin.get_linewidth() > base.get_linewidth()
