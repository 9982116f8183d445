"""Conditions against their references: which is compared with which, and what keeps it from that.

What failed in one seed is not judged on the others. A run may fail for what its condition is: a
rate too high that lets some seeds diverge would else be judged on those that it spares.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from weightscape.comparison.arrays import Axes, say_reason
from weightscape.comparison.crossed import Crossed
from weightscape.comparison.paired import Array


@dataclass(frozen=True)
class Pairs:
    """The conditions that are not their own reference.

    Attributes
    ----------
    one, other : numpy.ndarray
        Which condition, and which reference, in the order of the axes; -1 without runs of it.
    comparable : numpy.ndarray
        Whether effects on weights have a meaning.
    limitations : list of str
        Why a condition has no effects at all; empty where it has.
    """

    one: np.ndarray
    other: np.ndarray
    comparable: np.ndarray
    limitations: list[str]

    def subtract(self, values: Array, *, weights: bool = False) -> Array:
        """Return condition minus reference of an array whose first axis is the conditions.

        NaN where a condition is not judged; of `weights`, also where they have no meaning.
        """
        meaningless = np.array([bool(limitation) for limitation in self.limitations], bool)
        if weights:
            meaningless |= ~self.comparable
        found: Array = np.subtract(values[self.one], values[self.other])
        found[meaningless] = np.nan
        return found

    def subtract_crossed(self, values: Crossed) -> Crossed:
        """Return the same of values that are of a finite test set."""
        found = values[self.one] - values[self.other]
        return Crossed(self.subtract(values.values), found.influences)

    def join(self, notes: Sequence[str]) -> list[str]:
        """Return for every pair the notes on its condition and its reference."""
        joined = []
        for one, other in zip(self.one, self.other, strict=True):
            both = (notes[one], notes[other] if other >= 0 else "")
            joined.append("; ".join(dict.fromkeys(note for note in both if note)))
        return joined


def pair_conditions(runs: pd.DataFrame, axes: Axes) -> tuple[Pairs, pd.DataFrame]:
    """Return the pairs of condition and reference, and the first run of each condition.

    Parameters
    ----------
    runs : pandas.DataFrame
        The complete table `runs` of one dataset and backbone.
    axes : Axes
        Its conditions and seeds.
    """
    first = runs.drop_duplicates("condition")
    compared = first[first["condition"] != first["reference"]]
    place = pd.Index(axes.conditions)
    one = place.get_indexer(pd.Index(compared["condition"]))
    other = place.get_indexer(pd.Index(compared["reference"]))
    failures = _failures(runs, axes)
    limitations = []
    for condition, reference, name in zip(one, other, compared["reference"], strict=True):
        notes = [failures[condition]]
        if reference < 0:
            notes.append(f"its reference {name} has no runs")
        elif failures[reference]:
            notes.append(f"of its reference, {failures[reference]}")
        limitations.append("; ".join(note for note in notes if note))
    pairs = Pairs(one, other, compared["comparable_weights"].to_numpy(bool), limitations)
    return pairs, compared


def _failures(runs: pd.DataFrame, axes: Axes) -> list[str]:
    """Return for every condition which of its runs failed, and why; empty where none did."""
    found: dict[str, list[str]] = {name: [] for name in axes.conditions}
    for row in runs[runs["status"] != "ok"].to_dict("records"):
        note = f"{row['condition']} with seed {row['seed']} failed{say_reason(row['reason'])}"
        found[row["condition"]].append(note)
    return ["; ".join(notes) for notes in found.values()]
