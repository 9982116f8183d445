"""Runs and measurements that failed, and what is not judged for it."""

from typing import NamedTuple

import pandas as pd

from weightscape.comparison.quantities import complete_runs
from weightscape.report.words import list_words

MOST = 8
"""Lines on measurements that failed; the others are counted."""


class Failures(NamedTuple):
    """What failed on one dataset and backbone.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    runs : list of str
        The runs that failed, each with its reason.
    unjudged : list of str
        The conditions that are not judged for it: their own, and those compared with them.
    """

    name: str
    runs: list[str]
    unjudged: list[str]


def find_failures(runs: pd.DataFrame) -> list[Failures]:
    """Return what failed, for every dataset and backbone of the table `runs` where a run did."""
    runs = complete_runs(runs)
    found = []
    for (dataset, backbone), rows in runs.groupby(["dataset", "backbone"], sort=False):
        failed = rows[rows["status"] != "ok"]
        if failed.empty:
            continue
        lost = rows["condition"].isin(failed["condition"]) | rows["reference"].isin(
            failed["condition"]
        )
        found.append(
            Failures(
                f"{backbone} on {dataset}",
                [
                    f"{run['condition']}, seed {run['seed']}: {run['reason'] or 'no reason known'}"
                    for run in failed.to_dict("records")
                ],
                list(rows.loc[lost, "condition"].unique()),
            )
        )
    return found


class Unmeasured(NamedTuple):
    """What could not be measured of the networks of one dataset and backbone.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    lines : list of str
        For every metric and reason of whose runs it has no value, and where.
    """

    name: str
    lines: list[str]


def find_unmeasured(measurements: pd.DataFrame | None, runs: pd.DataFrame) -> list[Unmeasured]:
    """Return which measurements failed, of runs that did not; nothing where nothing is measured."""
    if measurements is None:
        return []
    key = ["dataset", "backbone", "condition", "seed"]
    sound = complete_runs(runs).query("status == 'ok'")[key]
    failed = measurements[measurements["status"] != "ok"].merge(sound, on=key)
    return [
        Unmeasured(f"{backbone} on {dataset}", _say_where(rows))
        for (dataset, backbone), rows in failed.groupby(["dataset", "backbone"], sort=False)
    ]


def _say_where(failed: pd.DataFrame) -> list[str]:
    lines = []
    for (metric, reason), rows in failed.groupby(["metric", "reason"], sort=False):
        of = rows[["condition", "seed"]].drop_duplicates().itertuples(index=False, name=None)
        names = [f"{condition}, seed {seed}" for condition, seed in of]
        where = names[0] if len(names) == 1 else f"{len(names)} runs ({list_words(names, 3)})"
        lines.append(f"{metric} of {where}: {reason}")
    more = len(lines) - MOST
    return [*lines[:MOST], f"and {more} more"] if more > 0 else lines
