"""Quantities that are derived of the tables of a study, each in one place.

Accuracy is the score that the study means by it: the column `score` of its runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weightscape.config.families import TWIN

if TYPE_CHECKING:
    import pandas as pd

MEAN = "mean of all shifts"
"""Name of the mean over the shifts, each of which counts the same."""

GROUP = ["dataset", "backbone"]
"""Columns that tell data sets and backbones apart."""

COLUMNS = [
    *(*GROUP, "held_out", "condition", "family", "dose", "reference", "seed", "setting"),
    *("is_twin", "score", "iid", "shifted"),
]
"""The columns of `find_mean_accuracies`."""


OPTIONAL: dict[str, Any] = {
    "dose": float("nan"),
    "comparable_weights": True,
    "pretrained": "",
    "family": "",
    "score": "accuracy",
    "is_twin": lambda runs: runs["family"] == TWIN,
    "from_scratch": lambda runs: runs["pretrained"] == "none",
    "initial": lambda runs: runs["backbone"],
    "kind": "",
    "dataset_group": lambda runs: runs["dataset"],
    "is_rate": False,
    "status": "ok",
    "reason": "",
    "left_out": "",
}
"""Columns of `runs` that a table from elsewhere may lack, and what stands for them."""


def complete_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the table `runs` with those columns of `OPTIONAL` that it lacks."""
    lacking = {name: default for name, default in OPTIONAL.items() if name not in runs.columns}
    # One by one: some follow from others that may be lacking themselves.
    for name, default in lacking.items():
        runs = runs.assign(**{name: default})
    return runs


def find_accuracies(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return i.i.d. and shifted accuracy per run and shift.

    Parameters
    ----------
    scores, runs : pandas.DataFrame
        The tables of these names; only runs in `runs` count.

    Returns
    -------
    pandas.DataFrame
        One row per run and shift with condition, family, dose, reference, seed and is_twin;
        `shift`, which also names the images where they are not the test set's; `score`, what is
        meant by accuracy; `iid`, that on the test set; and `shifted`, its mean over the severities.
        One more row per run under `MEAN` has the mean over the shifts, missing where there are
        none.
    """
    import pandas as pd

    runs = complete_runs(runs)
    run = ["condition", "family", "dose", "reference", "seed", "is_twin"]
    scores = scores.merge(
        runs[["dataset", "backbone", *run]], on=["dataset", "backbone", "condition", "seed"]
    )
    plain = scores["shift"] == "none"
    meant = find_score(runs)
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


def find_mean_accuracies(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return i.i.d. and shifted accuracy of every run, the mean over its shifts.

    Parameters
    ----------
    scores, runs : pandas.DataFrame
        The tables of these names, of any number of datasets and backbones.

    Returns
    -------
    pandas.DataFrame
        One row per run that has been tested on shifted images. `dataset` is the data set, and
        `held_out` the dataset of the study, which may hold out one of its domains. Runs without
        pre-training are left out where there are others: they answer another question.
    """
    import pandas as pd

    runs = complete_runs(runs)
    scratch = runs["from_scratch"].astype(bool)
    runs = runs if scratch.all() else runs[~scratch]
    parts = [
        find_accuracies(scores, part).assign(held_out=str(dataset), backbone=str(backbone))
        for (dataset, backbone), part in runs.groupby(["dataset", "backbone"], sort=False)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    each = pd.concat(parts, ignore_index=True)
    each = each[each["shift"] == MEAN].dropna(subset=["iid", "shifted"])
    about = runs[["dataset", "backbone", "condition", "seed", "dataset_group", "setting"]]
    about = about.rename(columns={"dataset": "held_out", "dataset_group": "dataset"})
    return each.merge(about, on=["held_out", "backbone", "condition", "seed"])[COLUMNS]


def find_score(runs: pd.DataFrame) -> str:
    """Return the score that a study means by accuracy, by its table `runs`."""
    named = [*complete_runs(runs)["score"].unique()]
    return str(named[0]) if named else str(OPTIONAL["score"])


def find_noise_floor(comparisons: pd.DataFrame, **place: Any) -> tuple[float, float]:
    """Return what chance alone does: the ends of the twin's 95 % t interval.

    Parameters
    ----------
    comparisons : pandas.DataFrame
        The table of this name, or some of its rows and columns.
    **place
        What the twin's rows have, such as ``scope="body", stage="finetuned", metric="alpha"``.

    Returns
    -------
    low, high : float
        The widest of several twins' intervals; NaN without one.
    """
    rows = comparisons[comparisons["is_twin"].astype(bool)]
    for column, value in place.items():
        rows = rows[rows[column] == value]
    return float(rows["low"].min()), float(rows["high"].max())
