"""Which setting of its grid each condition is compared in, and which were not chosen."""

from typing import Any, NamedTuple

import pandas as pd

from weightscape.comparison.choice import (
    Row,
    Settings,
    explain_obstacle,
    group_settings,
    mean_score,
)
from weightscape.config.families import NO_CHOICE

NO_GRID = "no grid"
"""What stands for the setting of a condition that has one alone."""

NONE = "none can be chosen"
"""What stands for a setting where all have an obstacle."""


class Setting(NamedTuple):
    """A setting and its validation score: the mean over the seeds, as a share; or why it has none.

    Attributes
    ----------
    name : str
        The setting.
    score : float or None
        Its mean validation score.
    obstacle : str
        Why it cannot be chosen; empty where it can.
    """

    name: str
    score: float | None
    obstacle: str = ""


class Choice(NamedTuple):
    """What was chosen for a condition, and for its reference.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    condition, reference : str
        What is compared with what.
    follows : bool
        Whether the setting is that of its reference, as a twin's and a control's is.
    own, other : Setting
        The setting of the condition, and that of its reference.
    rest : list of Setting
        The settings of the condition that were not chosen.
    """

    name: str
    condition: str
    reference: str
    follows: bool
    own: Setting
    other: Setting
    rest: list[Setting]


def find_choices(runs: pd.DataFrame) -> list[Choice]:
    """Return what was chosen; nothing where a study chooses no settings.

    Parameters
    ----------
    runs : pandas.DataFrame
        The table of this name, with the runs of all settings.
    """
    if "stands_for" not in runs.columns or (runs["stands_for"] == runs["condition"]).all():
        return []
    found = []
    rows: Any = runs.to_dict("records")
    for (dataset, backbone), conditions in group_settings(rows).items():
        for name, settings in conditions.items():
            first = next(iter(settings.values()))[0]
            others = conditions.get(first["reference"], settings)
            if len(settings) == len(others) == 1:
                continue
            found.append(
                Choice(
                    f"{backbone} on {dataset}",
                    name,
                    first["reference"],
                    first["family"] in NO_CHOICE,
                    _chosen(settings),
                    _chosen(others),
                    [_setting(of) for of in settings.values() if not of[0]["chosen"]],
                )
            )
    return found


def _chosen(settings: Settings) -> Setting:
    chosen = [of for of in settings.values() if of[0]["chosen"]]
    return _setting(chosen[0]) if chosen else Setting(NONE, None)


def _setting(runs: list[Row]) -> Setting:
    name = runs[0]["setting"]
    obstacle = explain_obstacle(runs) if name else ""
    return Setting(name or NO_GRID, None if obstacle else mean_score(runs), obstacle)
