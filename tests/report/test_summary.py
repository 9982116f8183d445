"""The last word of a study."""

from pathlib import Path

import pandas as pd

from tests.helpers.tables import study
from weightscape.report.failures import MOST
from weightscape.report.summary import summarise


def test_a_line_per_condition_and_no_number_where_there_is_none():
    tables = study()
    text = summarise(
        tables["runs"], tables["scores"], tables["comparisons"], Path("results/digits")
    )
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert {"baseline", "twin", "dropout-0.9", "scratch"} <= lines.keys()
    assert "[" in lines["dropout-0.9"]
    # Other initial weights: an effect on accuracy, none on weights.
    assert lines["scratch"].endswith("–")
    assert "nan" not in text
    assert "results/digits/report.html" in text


def test_failed_runs_are_named():
    tables = study()
    runs = tables["runs"].copy()
    lost = (runs["condition"] == "noise-0.3") & (runs["seed"] == 1)
    runs.loc[lost, ["status", "reason"]] = ["failed", "the loss is infinite"]
    text = summarise(runs, tables["scores"], tables["comparisons"], Path("results/digits"))
    assert "resnet10t on digits: 1 run failed." in text
    assert "  noise-0.3, seed 1: the loss is infinite\n" in text
    assert "  not judged for it: noise-0.3\n" in text


def unmeasured(**rows):
    table = pd.DataFrame({"dataset": "digits", "backbone": "resnet10t", "status": "failed", **rows})
    return table.assign(
        metric=table.get("metric", "trace"), reason=table.get("reason", "it is nan")
    )


def summary_with(measurements, **runs):
    tables = study()
    known = tables["runs"].assign(**runs)
    given = known, tables["scores"], tables["comparisons"], Path("results/digits")
    return summarise(*given, measurements)


def test_measurements_that_failed_are_named():
    text = summary_with(unmeasured(condition=["twin", "twin", "noise-0.3"], seed=[0, 1, 1]))
    assert (
        "resnet10t on digits: not all could be measured.\n  trace of 3 runs (twin, seed 0," in text
    )
    assert text.count("it is nan") == 1
    one = unmeasured(condition=["twin", "twin"], seed=[1, 1])  # of two layers
    assert "  trace of twin, seed 1: it is nan\n" in summary_with(one)
    many = unmeasured(condition="twin", seed=1, reason=[f"reason {i}" for i in range(MOST + 2)])
    assert "reason 7\n  and 2 more\n" in summary_with(many)
    # What is not measured of a run that failed is said there, and what has a value nowhere.
    assert "could be measured" not in summary_with(one, status="failed", reason="")
    assert "could be measured" not in summary_with(one.assign(status="ok"))
