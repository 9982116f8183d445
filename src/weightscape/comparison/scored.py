"""From the tables `scores` and `influences` to values over conditions, seeds and images."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from weightscape.comparison.arrays import (
    IID,
    OVER_SHIFTS,
    Axes,
    Images,
    group_images,
    refuse_doubles,
    to_array,
)
from weightscape.comparison.crossed import Crossed, Influences, stack

PLACE = ["test_set", "shift", "severity"]
"""Columns that say which test set a row is of."""

_RUN = ["condition", "seed"]

Key = tuple[str, str, int | None, str]
"""Test set, shift and severity, and the score."""


def crossed_scores(
    scores: pd.DataFrame, influences: pd.DataFrame, axes: Axes, metrics: Sequence[str]
) -> Iterator[tuple[Key, Crossed]]:
    """Yield each of the `metrics` that there is on each test set, each shift, and all of them.

    Where a run lacks one of several test sets the mean is missing: with other images in each, a
    difference of means would be one of images too.

    Parameters
    ----------
    scores, influences : pandas.DataFrame
        The tables of these names, of one dataset and backbone; the second may be empty.
    axes : Axes
        The conditions and seeds.
    metrics : sequence of str
        Columns of `scores`.

    Raises
    ------
    ValueError
        If a run has a test set twice, or was tested on other images than another.
    """
    metrics = [metric for metric in metrics if metric in scores.columns]
    if not len(scores) or not metrics:
        return
    sets = scores[PLACE].drop_duplicates()
    numbered = scores.merge(sets.assign(set=range(len(sets))), on=PLACE)
    values = to_array(numbered, axes, "set", list(range(len(sets))), metrics)
    keys: list[Images] = [(t, s, int(v)) for t, s, v in sets.itertuples(index=False, name=None)]
    moved = _find_influences(influences, axes, keys, metrics)
    for m, metric in enumerate(metrics):
        each = [Crossed(values[..., i, m], moved.get((i, metric), ())) for i in range(len(keys))]
        for images, mean in _mean_over_images(keys, each):
            yield (*images, metric), mean


def crossed_accuracies(
    scores: pd.DataFrame, influences: pd.DataFrame, axes: Axes, score: str
) -> dict[str, Crossed]:
    """Return a score on the test set, `iid`, and its mean over the shifts, `shifted`.

    Parameters
    ----------
    scores, influences, axes
        As of `crossed_scores`.
    score : str
        What is meant by accuracy.

    Returns
    -------
    dict of str to Crossed
        Over conditions and seeds, NaN where there is none.
    """
    found = dict(crossed_scores(scores, influences, axes, [score]))
    nothing = Crossed(np.full((len(axes.conditions), len(axes.seeds)), np.nan))
    keys = {"iid": IID, "shifted": OVER_SHIFTS}
    return {name: found.get((*key, score), nothing) for name, key in keys.items()}


def _mean_over_images(
    keys: Sequence[Images], each: Sequence[Crossed]
) -> Iterator[tuple[Images, Crossed]]:
    """Yield what there is for each test set, each shift, and all of them."""
    shifts = []
    for key, of in group_images(keys).items():
        mean = each[of[0]] if key[2] is not None else stack([each[i] for i in of]).mean()
        shifts += [mean] if key[2] is None else []
        yield key, mean
    if shifts:
        yield OVER_SHIFTS, stack(shifts).mean()


def _find_influences(
    influences: pd.DataFrame, axes: Axes, keys: Sequence[Images], metrics: Sequence[str]
) -> Mapping[tuple[int, str], tuple[Influences, ...]]:
    """Return by test set, as a number, and score the influences of every set of images.

    Of the tuple, which has a place for each set of images, all but one are without groups.
    """
    if not len(influences):
        return {}
    place = pd.MultiIndex.from_tuples(keys)
    at = [
        pd.Index(axes.conditions).get_indexer(pd.Index(influences["condition"])),
        pd.Index(axes.seeds).get_indexer(pd.Index(influences["seed"])),
        place.get_indexer(pd.MultiIndex.from_frame(influences[PLACE])),
        pd.Index(metrics).get_indexer(pd.Index(influences["metric"])),
    ]
    known = np.all([each >= 0 for each in at], axis=0)
    rows, at = influences[known], [each[known] for each in at]
    refuse_doubles(rows, rows.duplicated([*_RUN, *PLACE, "metric"]).to_numpy())
    sets = list(dict.fromkeys(rows["images"]))
    shape = (len(axes.conditions), len(axes.seeds))
    found: dict[tuple[int, str], tuple[Influences, ...]] = {}
    for number, name in enumerate(sets):
        here = (rows["images"] == name).to_numpy()
        condition, seed, key, metric = (each[here] for each in at)
        of_keys, which = np.unique(key, return_inverse=True)
        if twice := [keys[i] for i in of_keys.tolist() if (i, metrics[0]) in found]:
            raise ValueError(
                f"runs were tested on different images, all called {' '.join(map(str, twice[0]))};"
                " compare runs on the same images"
            )
        given, has = _collect_groups(rows[here])
        groups = given.shape[1]
        arrays = np.full((len(of_keys), len(metrics), *shape, groups), np.nan, np.float32)
        arrays[which[has], metric[has], condition[has], seed[has]] = given
        nothing = np.empty((*shape, 0), np.float32)
        for i, of_metrics in zip(of_keys.tolist(), arrays, strict=True):
            for name_of, array in zip(metrics, of_metrics, strict=True):
                parts = [array if k == number else nothing for k in range(len(sets))]
                found[i, name_of] = tuple(parts)
    return found


def _collect_groups(rows: pd.DataFrame) -> tuple[Influences, np.ndarray]:
    """Return the influences of the rows that have any, (rows, groups), and which these are.

    `rows` are of one set of images. Where none has any, there is one group.
    """
    sizes = rows["influences"].map(len).to_numpy()
    has = sizes > 0
    groups = sizes.max(initial=0) or 1
    if (wrong := has & (sizes != groups)).any():
        row = rows[wrong].iloc[0]
        raise ValueError(
            f"the run of {row['condition']} with seed {row['seed']} ({row['dataset']},"
            f" {row['backbone']}) was tested on other images than others: it has {sizes[wrong][0]}"
            f" groups of the images {row['images']}, and they {groups}; compare runs on the same"
            " images"
        )
    given = list(rows["influences"][has])
    return (np.stack(given) if given else np.empty((0, groups), np.float32)), has
