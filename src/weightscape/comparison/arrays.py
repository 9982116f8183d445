"""From rows of tables to arrays over conditions and seeds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weightscape.comparison.paired import Array

CELL = ["dataset", "backbone"]

ALL = "all"
"""In the columns `test_set` and `shift`: the mean over the shifts, each counting the same."""

Images = tuple[str, str, int | None]
"""Test set, shift and severity; None is the mean over the severities."""

IID: Images = ("test", "none", 0)
"""The images of the test set."""

OVER_SHIFTS: Images = (ALL, ALL, None)
"""The mean over the shifts."""

MEASURED = ["metric", "layer", "test_set", "shift", "severity"]
"""Columns that say what a row of `measurements` is about."""


class Axes(NamedTuple):
    """The first two axes of every array.

    Attributes
    ----------
    conditions : list of str
        Names, references among them.
    seeds : list of int
        The replicates.
    """

    conditions: list[str]
    seeds: list[int]


def need_columns(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    """Refuse a table that lacks any of the columns."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(f"the table {name} lacks the columns {', '.join(missing)}")


def refuse_doubles(rows: pd.DataFrame, is_double: np.ndarray) -> None:
    """Refuse rows some of which are there twice; the message names the first run."""
    if is_double.any():
        run = rows.loc[is_double, [*CELL, "condition", "seed"]].iloc[0]
        dataset, backbone, condition, seed = run
        raise ValueError(
            f"the run of {condition} with seed {seed} ({dataset}, {backbone}) is there twice;"
            " keep one"
        )


def to_array(
    rows: pd.DataFrame, axes: Axes, key: str, keys: list[Any], metrics: Sequence[str]
) -> Array:
    """Return columns as an array of shape (conditions, seeds, keys, metrics).

    Parameters
    ----------
    rows : pandas.DataFrame
        With the columns condition, seed, `key` and `metrics`; rows of other conditions, seeds or
        keys are left out.
    axes : Axes
        The conditions and seeds.
    key : str
        The column that tells the rows of a run apart.
    keys : list
        Its values, in the order of the array.
    metrics : sequence of str
        The columns to take.

    Raises
    ------
    ValueError
        If a run has two rows of one key.
    """
    places = [
        pd.Index(known).get_indexer(pd.Index(rows[column]))
        for column, known in (("condition", axes.conditions), ("seed", axes.seeds), (key, keys))
    ]
    known = np.all([place >= 0 for place in places], axis=0)
    at = tuple(place[known] for place in places)
    shape = (len(axes.conditions), len(axes.seeds), len(keys))
    refuse_doubles(rows[known], pd.Index(np.ravel_multi_index(at, shape)).duplicated())
    values = np.full((*shape, len(metrics)), np.nan)
    values[at] = rows.loc[known, list(metrics)].to_numpy(float, na_value=np.nan)
    return values


def group_images(keys: Sequence[Images]) -> dict[Images, list[int]]:
    """Return test sets and means over them, and for each which of `keys` it is the mean of.

    Every test set is the mean of itself. Severities count the same within a shift; the shifts
    count the same in the mean over all, which is no mean of test sets: see `mean_over_images`.
    """
    groups: dict[Images, list[int]] = {key: [i] for i, key in enumerate(keys)}
    for i, (test_set, shift, _) in enumerate(keys):
        if is_shifted(shift):
            groups.setdefault((test_set, shift, None), []).append(i)
    return groups


def mean_over_images(keys: Sequence[Images], values: Array) -> Iterator[tuple[Images, Array]]:
    """Yield an array for each test set, each shift, and all of them, from shape (..., keys).

    Where a run lacks one of several images the mean is missing: with other images in each, a
    difference of means would be one of images too.
    """
    shifts = []
    for key, of in group_images(keys).items():
        mean = values[..., of[0]] if key[2] is not None else values[..., of].mean(axis=-1)
        shifts += [mean] if key[2] is None else []
        yield key, mean
    if shifts:
        yield OVER_SHIFTS, np.mean(shifts, axis=0)


def is_shifted(shift: str) -> bool:
    """Return whether images of this `shift` depart from training; `none`, or no images, do not."""
    return shift not in ("none", "")


class Measured(NamedTuple):
    """A measured quantity.

    Attributes
    ----------
    values : numpy.ndarray
        Shape (conditions, seeds); NaN in all seeds of a condition that failed in one.
    failures : list of str
        For every condition which of its runs failed, and why; empty where none did.
    """

    values: Array
    failures: list[str]


def measurement_arrays(
    measurements: pd.DataFrame, axes: Axes
) -> Iterator[tuple[tuple[str, str, Images], Measured]]:
    """Yield each metric and layer on each test set, each shift, and all of them.

    Of the rows, those of the runs' networks count; what is measured along a training does not.
    """
    if not len(measurements):
        return
    rows = measurements[measurements["step"].isna()]
    places = _places(rows)
    numbered = rows.merge(places.assign(place=range(len(places))), on=MEASURED)
    values = to_array(numbered, axes, "place", list(range(len(places))), ["value"])[..., 0]
    failures = _failures(rows, axes, places, values)
    for c, i in failures:
        # Of the seeds that are left, some may be left because they are what they are.
        values[c, :, i] = np.nan
    for (metric, layer), members in places.groupby(["metric", "layer"], sort=False):
        of = members.index.to_numpy()
        keys = [
            (str(t), str(s), int(v))
            for t, s, v in members[MEASURED[2:]].itertuples(index=False, name=None)
        ]
        named = group_images(keys)
        for images, mean in mean_over_images(keys, values[..., of]):
            # The mean over all shifts is of all images that are shifted.
            parts = named.get(images, [i for i, key in enumerate(keys) if is_shifted(key[1])])
            reasons = [
                "; ".join(dict.fromkeys(failures[c, i] for i in of[parts] if (c, i) in failures))
                for c in range(len(axes.conditions))
            ]
            yield (str(metric), str(layer), images), Measured(mean, reasons)


def say_reason(reason: str) -> str:
    """Return a reason as the end of a note; notes are told apart by semicolons."""
    return f": {reason.replace('; ', ', ')}" if reason else ""


def _places(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what is measured: without rows that say of a metric, as a whole, that it failed.

    A measurement that fails has one row without layer or images for each of its metrics. Where
    other runs have the metric by layer or by images, that row is of no quantity of its own.
    """
    places = rows.assign(is_ok=rows["status"] == "ok").groupby(MEASURED, sort=False)["is_ok"]
    found = places.any().reset_index()
    blank = _has_no_place(found)
    has_others = found["metric"].isin(found.loc[~blank, "metric"])
    kept: pd.DataFrame = found.loc[~(blank & has_others & ~found["is_ok"]), MEASURED]
    return kept.reset_index(drop=True)


def _has_no_place(rows: pd.DataFrame) -> "pd.Series[bool]":
    return (rows["layer"] == "") & (rows["test_set"] == "")


def _failures(
    rows: pd.DataFrame, axes: Axes, places: pd.DataFrame, values: Array
) -> Mapping[tuple[int, int], str]:
    """Return by condition and place, as numbers, which runs failed there and why.

    A run that is measured and lacks what another seed of its condition has, has failed there too.
    """
    notes: dict[tuple[int, int], list[str]] = {}
    conditions, seeds = pd.Index(axes.conditions), pd.Index(axes.seeds)
    rows = rows[rows["condition"].isin(conditions) & rows["seed"].isin(seeds)]
    there = np.isfinite(values)
    lacking = ~there & there.any(axis=1, keepdims=True)
    is_measured = np.zeros((len(conditions), len(seeds), 1), bool)
    at = (
        conditions.get_indexer(pd.Index(rows["condition"])),
        seeds.get_indexer(pd.Index(rows["seed"])),
    )
    is_measured[at] = True
    lacking &= is_measured
    for row in rows[rows["status"] != "ok"].to_dict("records"):
        condition = axes.conditions.index(row["condition"])
        seed = axes.seeds.index(row["seed"])
        # A failure without a place is one of the metric at all places.
        named = ["metric"] if row["layer"] == row["test_set"] == "" else MEASURED
        here = (places[named] == pd.Series({name: row[name] for name in named})).all(axis=1)
        note = f"{row['metric']} of {row['condition']} with seed {row['seed']} failed"
        note += say_reason(row["reason"])
        for i in np.flatnonzero(here):
            lacking[condition, seed, i] = False
            notes.setdefault((condition, int(i)), []).append(note)
    for condition, seed, i in np.argwhere(lacking):
        of = f"{axes.conditions[condition]} with seed {axes.seeds[seed]}"
        note = f"{places['metric'].iloc[i]} of {of} has no value"
        notes.setdefault((int(condition), int(i)), []).append(note)
    return {place: "; ".join(dict.fromkeys(found)) for place, found in notes.items()}
