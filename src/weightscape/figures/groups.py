"""Accuracy of every run, data set by data set: those that hold out one domain each are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.figures.shifted import MEAN, accuracies

if TYPE_CHECKING:
    import pandas as pd

GROUP = ["dataset", "backbone"]
"""Columns that tell data sets and backbones apart."""

COLUMNS = [
    *(*GROUP, "held_out", "condition", "family", "dose", "reference", "seed", "cell"),
    *("score", "iid", "shifted"),
]


def mean_accuracies(scores: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
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

    scratch = runs["pretrained"] == "none"
    runs = runs if scratch.all() else runs[~scratch]

    parts = [
        accuracies(scores, of_cell).assign(held_out=str(dataset), backbone=str(backbone))
        for (dataset, backbone), of_cell in runs.groupby(["dataset", "backbone"], sort=False)
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    each = pd.concat(parts, ignore_index=True)
    each = each[each["shift"] == MEAN].dropna(subset=["iid", "shifted"])
    about = runs[["dataset", "backbone", "condition", "seed", "dataset_group", "cell"]]
    about = about.rename(columns={"dataset": "held_out", "dataset_group": "dataset"})
    return each.merge(about, on=["held_out", "backbone", "condition", "seed"])[COLUMNS]
