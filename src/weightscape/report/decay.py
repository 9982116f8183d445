"""What of the effects on norms is arithmetic: what weight decay alone does to weights."""

import json
from typing import Any, NamedTuple

import pandas as pd

METRICS = ("log_norm", "log_spectral_norm")
"""Metrics that a scale of the weights moves by twice its log10."""

TINY = 1e-9
"""A smaller part is none."""


class DecayPart(NamedTuple):
    """An effect on a norm of the layers below the classifier, and decay's part of it.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    condition, reference, metric : str
        What is compared, and by what.
    effect, low, high : float
        The effect with its 95 % interval.
    arithmetic : float or None
        What decay alone makes of it; None where it has no closed form.
    """

    name: str
    condition: str
    reference: str
    metric: str
    effect: float
    low: float
    high: float
    arithmetic: float | None

    @property
    def left(self) -> float | None:
        """The effect without decay's part."""
        return None if self.arithmetic is None else self.effect - self.arithmetic


def find_decay_parts(runs: pd.DataFrame, comparisons: pd.DataFrame) -> list[DecayPart]:
    """Return the effects on norms that weight decay has a part in, or may have.

    Those are the effects of conditions whose weights decay otherwise than their reference's do,
    and of those that set a decay of which there is no closed form.

    Parameters
    ----------
    runs, comparisons : pandas.DataFrame
        The tables of these names, with the conditions as they are compared.
    """
    if "decay_log_scale" not in runs.columns:
        return []
    scales = {key: rows for key, rows in runs.groupby(["dataset", "backbone", "condition"])}
    kept = (comparisons["scope"] == "body") & (comparisons["stage"] == "finetuned")
    kept &= comparisons["metric"].isin(METRICS) & comparisons["effect"].notna()
    found = []
    for row in comparisons[kept].to_dict("records"):
        place = row["dataset"], row["backbone"]
        one, other = (scales[*place, row[name]] for name in ("condition", "reference"))
        part = _part(one, other)
        unknown = bool(pd.isna(part))
        if (unknown and _decay_set(one) == _decay_set(other)) or abs(part) < TINY:
            continue
        about: dict[str, Any] = {
            name: row[name]
            for name in ("condition", "reference", "metric", "effect", "low", "high")
        }
        arithmetic = None if unknown else part
        found.append(DecayPart(f"{place[1]} on {place[0]}", arithmetic=arithmetic, **about))
    return found


def _part(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Return what decay makes of an effect on a log10 of a squared norm, mean over the seeds."""
    by_seed = [rows.set_index("seed")["decay_log_scale"].astype(float) for rows in (one, other)]
    return float(2 * (by_seed[0] - by_seed[1]).mean(skipna=False))


def _decay_set(rows: pd.DataFrame) -> Any:
    """Return the weight decay that a condition sets; nothing where it keeps the study's own."""
    return json.loads(rows["factors"].iloc[0]).get("weight_decay")
