"""Figures of what is measured of the networks, by hand."""

import numpy as np
import pytest

from tests.helpers.drawing import CELL, lines, small_runs, texts
from tests.helpers.tables import frame
from weightscape.figures.measured_course import MeasuredCourse
from weightscape.figures.measured_effects import MeasuredEffects
from weightscape.figures.spectra_course import SpectraCourse
from weightscape.spectra import along_table
from weightscape.tables import comparisons, measurements

ROW = {
    **CELL,
    "condition": "x",
    "family": "dropout",
    "reference": "base",
    "scope": "measurements",
    "metric": "trace",
    "effect": 1.0,
    "low": 0.5,
    "high": 1.5,
}
TWIN = {"condition": "twin", "family": "null", "is_twin": True, "low": -0.5, "high": 0.25}


def test_measured_effects():
    shifted = ROW | {"metric": "margin", "test_set": "all", "shift": "all", "effect": 4.0}
    layer = ROW | {"metric": "rank", "low": None, "high": None}
    rows = [
        ROW,
        ROW | TWIN,
        ROW | {"scope": "scores", "effect": 9.0},
        ROW | {"condition": "lost", "effect": None},
        shifted | {"test_set": "test", "shift": "blur", "severity": 1, "effect": 9.0},
        shifted | {"test_set": "test", "shift": "blur", "effect": 9.0},
        shifted | {"test_set": "val", "shift": "none", "severity": 0, "effect": 9.0},
        shifted,
        shifted | {"test_set": "test", "shift": "none", "severity": 0, "effect": 3.0},
        *(layer | {"layer": name, "effect": value} for name, value in (("a", 5.0), ("b", 6.0))),
    ]
    figure, given = MeasuredEffects(), {"comparisons": frame(comparisons.SCHEMA, rows)}
    numbers = figure.numbers(given)
    assert numbers[["metric", "images", "condition", "effect"]].to_numpy().tolist() == [
        ["trace", "", "x", 1.0],
        ["trace", "", "twin", 1.0],
        ["margin", "shifted", "x", 4.0],
        ["margin", "test", "x", 3.0],
        ["rank", "", "x", 5.0],
        ["rank", "", "x", 6.0],
    ]
    picture = figure.draw(numbers)
    panels = {ax.get_title(loc="left"): ax for ax in picture.axes if ax.get_title(loc="left")}
    assert list(panels) == ["trace", "margin", "shifted margin", "rank"]
    (band,) = panels["trace"].patches
    assert band.get_extents().transformed(panels["trace"].transData.inverted()).intervalx == (
        pytest.approx([-0.5, 0.25])
    )
    (mark,) = lines(panels["trace"], "x")
    assert mark.get_xydata().tolist() == [[1.0, 1.0]]
    assert [0.5, 1.5] in [list(line.get_xdata()) for line in panels["trace"].lines]
    assert [5.0, 6.0] in [list(line.get_xdata()) for line in panels["rank"].lines]
    chosen = MeasuredEffects(measured=("margin",))
    assert set(chosen.numbers(given)["metric"]) == {"margin"}
    none = given["comparisons"].iloc[2:3]
    assert texts(figure.draw(figure.numbers({"comparisons": none}))) == [
        "no effects on what is measured"
    ]


def value(condition, seed, step, found, **place):
    about = {**CELL, "condition": condition, "seed": seed, "step": step, "value": found}
    return about | {"metric": "trace"} | place


def test_measured_course():
    image = {"metric": "margin", "test_set": "test"}
    rows = [
        value("base", 0, 2, 1.0),
        value("base", 1, 2, 3.0),
        value("base", 0, 4, 5.0),
        value("base", 1, 4, None, status="failed"),
        value("base", 0, None, 9.0),
        *(value("x", 0, 2, found, metric="rank", layer=f"l{found}") for found in (1.0, 2.0)),
        value("x", 0, 2, 7.0, shift="none", **image),
        *(value("x", 0, 2, s, shift="blur", severity=s, **image) for s in (1, 3)),
        value("x", 0, 2, 4.0, shift="dark", severity=1, **image),
    ]
    figure = MeasuredCourse()
    given = {
        "runs": small_runs(("base", "baseline", None), ("x", "dropout", 0.5)),
        "measurements": frame(measurements.SCHEMA, rows),
    }
    numbers = figure.numbers(given)
    columns = ["metric", "images", "condition", "step", "n_seeds", "mean", "low", "high"]
    assert numbers[columns].to_numpy().tolist() == [
        ["trace", "", "base", 2, 2, 2.0, 1.0, 3.0],
        ["trace", "", "base", 4, 1, 5.0, 5.0, 5.0],
        ["rank", "", "x", 2, 1, 1.5, 1.5, 1.5],
        ["margin", "test", "x", 2, 1, 7.0, 7.0, 7.0],
        # Of the severities of a shift first: (1 + 3) / 2 and 4.
        ["margin", "shifted", "x", 2, 1, 3.0, 3.0, 3.0],
    ]
    first = figure.draw(numbers).axes[0]
    (line,) = lines(first, "base")
    np.testing.assert_equal(line.get_xydata(), [[2, 2], [4, 5]])
    ended = given | {"measurements": given["measurements"].query("step.isna()")}
    picture = figure.draw(figure.numbers(ended))
    assert texts(picture) == ["nothing is measured along the training"]


def spectrum(condition, seed, step, layer, found, role="conv"):
    about = {**CELL, "condition": condition, "seed": seed, "step": step, "layer": layer}
    return about | {"role": role, "form": "", "status": "ok", "log_norm": found, "alpha": found}


def test_spectra_course():
    rows = [
        *(spectrum("base", k, step, "a", step + k) for k in (0, 1) for step in (0, 4)),
        *(spectrum("base", k, step, "b", step + k + 2) for k in (0, 1) for step in (0, 4)),
        *(spectrum("twin", 0, step, name, 1.0) for step in (0, 4) for name in "ab"),
        spectrum("base", 0, 0, "fc", 99.0, role="classifier"),
        spectrum("base", 0, 0, "c", 5.0),
        spectrum("base", 0, 4, "c", None),  # left out at every step
        spectrum("scratch", 0, 0, "a", 9.0),
    ]
    figure = SpectraCourse(metrics=("log_norm", "pl_p_value"))
    given = {
        "runs": small_runs(
            ("base", "baseline", None), ("twin", "null", None), ("scratch", "scratch", None)
        ),
        "spectra_along": frame(along_table.SCHEMA, rows),
    }
    numbers = figure.numbers(given)
    columns = ["metric", "condition", "step", "n_seeds", "mean", "low", "high"]
    assert numbers[columns].to_numpy().tolist() == [
        ["log_norm", "base", 0, 2, 1.5, 1.0, 2.0],
        ["log_norm", "base", 4, 2, 5.5, 5.0, 6.0],
        ["log_norm", "twin", 0, 1, 1.0, 1.0, 1.0],
        ["log_norm", "twin", 4, 1, 1.0, 1.0, 1.0],
    ]
    (line,) = lines(figure.draw(numbers).axes[0], "base")
    np.testing.assert_equal(line.get_xydata(), [[0, 1.5], [4, 5.5]])
    picture = figure.draw(SpectraCourse(metrics=("alpha_farms",)).numbers(given))
    assert texts(picture) == ["no layer has these metrics at every step of the training"]
