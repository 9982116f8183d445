"""The last word of a study."""

from pathlib import Path

import pandas as pd
import pytest
from scipy import stats

from tests.helpers.tables import study
from weightscape.report.answer import answers
from weightscape.report.failures import MOST
from weightscape.report.summary import summarise

FOLDER = Path("results/digits")


def test_a_line_per_condition_and_no_number_where_there_is_none():
    tables = study()
    text = summarise(tables, FOLDER)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert {"baseline", "twin", "dropout-0.9", "scratch"} <= lines.keys()
    assert "[" in lines["dropout-0.9"]
    # Other initial weights: an effect on accuracy, none on weights.
    assert lines["scratch"].endswith("–")
    assert "nan" not in text
    assert "results/digits/report.html" in text


def test_the_answer_has_the_words_of_the_report():
    tables = study()
    (answer,) = answers(tables)
    text = " ".join(summarise(tables, FOLDER).split())
    start = "most like dropout in the weights of resnet10t on digits"
    assert f"{start}: {answer.like[0]} ({answer.sure[0].lower()}) {answer.like[1]}" in text


def test_failed_runs_are_named():
    tables = study()
    runs = tables["runs"].copy()
    lost = (runs["condition"] == "noise-0.3") & (runs["seed"] == 1)
    runs.loc[lost, ["status", "reason"]] = ["failed", "the loss is infinite"]
    text = summarise({**tables, "runs": runs}, FOLDER)
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
    return summarise({**tables, "runs": known, "measurements": measurements}, FOLDER)


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


def test_scores_have_intervals_over_seeds_and_test_images():
    tables = study()
    widths = []
    for given in (tables, {**tables, "influences": tables["influences"].iloc[:0]}):
        text = summarise(given, FOLDER)
        [line] = [line for line in text.splitlines() if line.startswith("dropout-0.9")]
        mean, _, half = line.split()[1:4]
        scores = tables["scores"].query("condition == 'dropout-0.9' and shift == 'none'")
        of_seeds = 100 * scores.loc[scores["test_set"] == "test", "accuracy"]
        assert float(mean) == pytest.approx(of_seeds.mean(), abs=0.051)
        widths.append(float(half))
    alone = stats.t.ppf(0.975, 2) * of_seeds.sem()
    assert widths[1] == pytest.approx(alone, abs=0.051)
    assert widths[0] != widths[1]
    assert "over seeds and test images" in summarise(tables, FOLDER)
    assert "over seeds;" in " ".join(text.split())
