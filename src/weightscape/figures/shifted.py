"""Accuracy of every run on its own test images and on shifted ones.

Accuracy is the score that the study means by it: the column `score` of its runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MEAN = "mean of all shifts"
"""Name of the mean over the shifts, each of which counts the same."""


def accuracies(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return i.i.d. and shifted accuracy per run and shift.

    Parameters
    ----------
    scores, runs : pandas.DataFrame
        The tables of these names; only runs in `runs` count.

    Returns
    -------
    pandas.DataFrame
        One row per run and shift with condition, family, dose, reference and seed; `shift`, which
        also names the images where they are not the test set's; `score`, what is meant by
        accuracy; `iid`, that on the test set; and `shifted`, its mean over the severities. One more
        row per run under `MEAN` has the mean over the shifts, missing where there are none.
    """
    import pandas as pd

    run = ["condition", "family", "dose", "reference", "seed"]
    scores = scores.merge(
        runs[["dataset", "backbone", *run]], on=["dataset", "backbone", "condition", "seed"]
    )
    plain = scores["shift"] == "none"
    meant = score_of(runs)
    iid = scores.loc[plain & (scores["test_set"] == "test"), [*run, meant]]
    iid = iid.rename(columns={meant: "iid"}).assign(score=meant)
    moved = scores[~plain]
    elsewhere = moved["shift"] + " (" + moved["test_set"] + ")"
    moved = moved.assign(shift=moved["shift"].where(moved["test_set"] == "test", elsewhere))
    key = ["condition", "seed"]
    each = moved.groupby([*key, "shift"], sort=False)[meant].mean().rename("shifted")
    mean = each.groupby(key, sort=False).mean()
    return pd.concat(
        [
            iid.merge(mean.reset_index(), on=key, how="left").assign(shift=MEAN),
            iid.merge(each.reset_index(), on=key),
        ],
        ignore_index=True,
    )[[*run, "shift", "score", "iid", "shifted"]]


def score_of(runs: pd.DataFrame) -> str:
    """Return the score that a study means by accuracy, by its table `runs`."""
    named = [*runs["score"].unique()] if "score" in runs.columns else []
    return str(named[0]) if named else "accuracy"


def paired_interval(
    values: pd.DataFrame, column: str, condition: str, reference: str
) -> tuple[float, float, float]:
    """Return the mean of condition minus reference over the seeds and its 95 % t interval.

    Parameters
    ----------
    values : pandas.DataFrame
        With the columns condition, seed and `column`, one row per run.
    column : str
        What is compared.
    condition, reference : str
        The two conditions.

    Returns
    -------
    effect, low, high : float
        NaN where too few seeds have both: none for the mean, one for the interval.
    """
    from weightscape.comparison.paired import paired

    one = values[values["condition"] == condition].set_index("seed")[column]
    other = values[values["condition"] == reference].set_index("seed")[column]
    found = paired((one - other).to_numpy())
    return float(found.effect), float(found.low), float(found.high)
