"""What is measured of the networks, condition by condition, as the report shows it."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects, Tables, effects_of
from weightscape.comparison.metrics import find_metric
from weightscape.comparison.paired import estimate_paired
from weightscape.figures.values import average_values
from weightscape.report.families import Interval

IMAGES = {"": "networks", "test": "test images", "shifted": "shifted images"}
"""What a number is measured on, and what that is called."""

NOT_JUDGED = "not judged: a run failed, of it or of its reference"
"""What is said of a condition that has no effects for it."""

FIGURES = ("measured_effects", "measured_course")
"""The figures that stand beside the tables."""


class Quantity(NamedTuple):
    """A metric on one dataset and backbone.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    metric, description, unit : str
        What is measured; the last two are empty where nothing declares it.
    places : list of str
        The images that it is measured on, as they are called.
    rows : list of dict
        A row per condition: `condition`, `is_twin`, and in `values` for every place the `mean`,
        the `effect` (an `Interval`; None for a condition that is compared with nothing) and the
        `limitation`.
    """

    name: str
    metric: str
    description: str
    unit: str
    places: list[str]
    rows: list[dict[str, Any]]


def quantities(tables: Mapping[str, pd.DataFrame]) -> list[Quantity]:
    """Return what is measured, metric by metric; nothing where there is no such table.

    Parameters
    ----------
    tables : mapping
        The tables runs and, where the study measures, measurements.
    """
    measurements = tables.get("measurements")
    if measurements is None or measurements.empty:
        return []
    found = []
    final = measurements[measurements["step"].isna()]
    for effects in effects_of(Tables(tables["runs"], measurements=measurements), ()):
        here = final[
            (final["dataset"] == effects.dataset) & (final["backbone"] == effects.backbone)
        ]
        each = average_values(here, ["condition", "seed"])
        runs = tables["runs"]
        runs = runs[(runs["dataset"] == effects.dataset) & (runs["backbone"] == effects.backbone)]
        for metric in here["metric"].unique():
            found.append(_quantity(effects, runs, metric, each[each["metric"] == metric]))
    return found


def _quantity(effects: Effects, runs: pd.DataFrame, metric: str, each: pd.DataFrame) -> Quantity:
    places = [images for images in IMAGES if images in set(each["images"])]
    about = runs.drop_duplicates("condition")
    columns = {
        images: _values(effects, metric, images, each[each["images"] == images])
        for images in places
    }
    nothing = {"mean": math.nan, "effect": None, "limitation": ""}
    declared = find_metric(metric)
    return Quantity(
        name=f"{effects.backbone} on {effects.dataset}",
        metric=metric,
        description=declared.description if declared else "",
        unit=declared.unit if declared else "",
        places=[IMAGES[images] for images in places],
        rows=[
            {
                "condition": run["condition"],
                "is_twin": run["is_twin"],
                "values": [
                    nothing | columns[images].get(run["condition"], {}) for images in places
                ],
            }
            for run in about.to_dict("records")
        ],
    )


def _values(
    effects: Effects, metric: str, images: str, each: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    """Return what is known of every condition on one kind of images."""
    means = each.groupby("condition")["value"].mean()
    found: dict[str, dict[str, Any]] = {str(name): {"mean": mean} for name, mean in means.items()}
    measured = effects.measured(ALL if images == "shifted" else "none", metric)
    if measured is not None:
        estimate = estimate_paired(measured.values)
        ends = zip(estimate.effect, estimate.low, estimate.high, strict=True)
        known = effects.conditions[["condition", "limitation"]].itertuples(index=False, name=None)
        for (name, lost), values, failed in zip(known, ends, measured.failures, strict=True):
            # Which runs failed is said at the head of the page; here it would fill every table.
            lost = NOT_JUDGED if " failed" in lost else lost
            notes = "; ".join(note for note in (lost, failed) if note)
            effect = {"effect": Interval(*map(float, values)), "limitation": notes}
            found[name] = found.get(name, {}) | effect
    return found
