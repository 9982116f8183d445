"""The tables of the simulation about the bulk: its edge, and one spike above it."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.draws import outlier
from benchmarks.report import Table
from benchmarks.truth import percent


def edges(frame: pd.DataFrame) -> Table:
    """Return how far the two edges of the bulk are off for Gaussian noise."""
    rows = []
    gaussian = frame[frame.design.str.startswith("Gaussian")]
    for (M, aspect), cell in gaussian.groupby(["M", "Q"]):
        row = {"M": M, "N/M": aspect, "matrices": len(cell)}
        for name, spikes_of in (
            ("bulk_max", cell.num_spikes),
            ("robust_bulk_max", cell.num_robust_spikes),
        ):
            error = 100 * (cell[name].astype(float) / cell.true_edge - 1)
            row |= {
                f"{name} too high by, %": error.mean(),
                f"{name}, spread, %": error.std(),
                f"{spikes_of.name} > 0, %": percent(spikes_of > 0),
            }
        rows.append(row | {"num_above_null > 0, %": percent(cell.num_above_null > 0)})
    return Table("The edge of Gaussian noise", rows, _EDGES)


def spikes(frame: pd.DataFrame) -> Table:
    """Return how often one spike in Gaussian noise is found, by its strength."""
    rows = []
    spiked = frame[frame.kind == "one spike"]
    cells: Any = spiked.groupby(["M", "Q", "strength"])
    for (M, aspect, strength), cell in cells:
        rows.append(
            {
                "M": M,
                "N/M": aspect,
                "strength over threshold": strength,
                "matrices": len(cell),
                "largest over edge": (cell.spectral_norm / edge(aspect)).mean(),
                "in the limit": outlier(strength, aspect) / edge(aspect),
                "above the bulk, %": percent(cell.num_spikes > 0),
                "above the robust bulk, %": percent(cell.num_robust_spikes > 0),
                "above the null, %": percent(cell.num_above_null > 0),
            }
        )
    return Table("One spike in noise", rows, _SPIKES)


def edge(aspect: float) -> float:
    """Return the upper edge of the bulk of N×M entries with variance 1/N, by N/M."""
    return float((1 + np.power(aspect, -0.5)) ** 2)


_EDGES = """\
The edge of the fitted bulk and of the robust one against the Marchenko–Pastur edge of entries of
this variance. There are no spikes: of `num_spikes` and `num_robust_spikes` those that are found are
false. An eigenvalue is above all of the null's in every second matrix by chance."""
_SPIKES = """\
A matrix of rank one and the given strength is added to Gaussian noise. Below the threshold of Baik,
Ben Arous and Péché (strength 1) it does not come out of the bulk of a large matrix. *in the limit*:
where theory puts the largest eigenvalue of an infinitely large one. *above the bulk*: `num_spikes`
is not zero; *the robust bulk*: `num_robust_spikes`; *the null*: `num_above_null`."""
