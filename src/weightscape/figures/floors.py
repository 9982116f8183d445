"""Effects on scores and what chance does to them, as the figures of accuracy name the shifts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from weightscape.comparison.quantities import MEAN

if TYPE_CHECKING:
    import pandas as pd

IID = "none"
"""The shift of the test set itself."""


def effects_on(score: str, comparisons: pd.DataFrame) -> pd.DataFrame:
    """Return the effects on a score, shift by shift.

    Parameters
    ----------
    score : str
        The score.
    comparisons : pandas.DataFrame
        The table of this name, of one dataset and backbone.

    Returns
    -------
    pandas.DataFrame
        Rows of `comparisons` whose column `shift` names the shifts as `find_accuracies` does:
        `MEAN` for the mean over all, the images too where they are not the test set's; and `IID`.
    """
    from weightscape.comparison.arrays import ALL

    rows = comparisons[(comparisons["scope"] == "scores") & (comparisons["metric"] == score)]
    iid = (rows["shift"] == IID) & (rows["test_set"] == "test")
    rows = rows[iid | ((rows["shift"] != IID) & rows["severity"].isna())]
    elsewhere = rows["shift"] + " (" + rows["test_set"] + ")"
    shift = rows["shift"].where(rows["test_set"].isin(["test", ALL]), elsewhere)
    return rows.assign(shift=shift.replace(ALL, MEAN))


def floors(each: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """Return the noise floor around the reference's accuracies, a row per shift and twin.

    Parameters
    ----------
    each : pandas.DataFrame
        What `find_accuracies` returns.
    effects : pandas.DataFrame
        What `effects_on` returns.

    Returns
    -------
    pandas.DataFrame
        shift; condition, family, dose and reference of the twin; iid and shifted, the means of its
        reference; iid_low to shifted_high, these plus the ends of the twin's 95 % t intervals.
    """
    import pandas as pd

    twins = effects[effects["is_twin"].astype(bool)]
    ends = twins.set_index(["shift", "condition"])[["low", "high"]].astype(float)
    middle = each.groupby(["shift", "condition"])[["iid", "shifted"]].mean()
    about = ["condition", "family", "dose", "reference"]
    rows = []
    for shift in each["shift"].unique():
        for twin in twins[about].drop_duplicates("condition").to_dict("records"):
            row = {"shift": shift, **twin}
            for axis, place in (("iid", IID), ("shifted", shift)):
                row[axis] = middle[axis].get((shift, twin["reference"]), math.nan)
                for end in ("low", "high"):
                    known = ends[end].get((place, twin["condition"]), math.nan)
                    row[f"{axis}_{end}"] = row[axis] + known
            rows.append(row)
    return pd.DataFrame(rows)
