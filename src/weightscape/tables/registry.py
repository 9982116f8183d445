"""Which module defines which table.

A table whose columns are declared in an upper room is defined there; here are names alone, so that
nothing is imported but the module of the table that is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MODULES = {
    "runs": "weightscape.tables.runs",
    "training": "weightscape.tables.training",
    "predictions": "weightscape.tables.predictions",
    "scores": "weightscape.scoring.table",
    "calibration": "weightscape.tables.calibration",
    "influences": "weightscape.tables.influences",
    "agreement": "weightscape.tables.agreement",
    "measurements": "weightscape.tables.measurements",
    "weights": "weightscape.tables.weights",
    "eigenvalues": "weightscape.tables.eigenvalues",
    "spectra": "weightscape.spectra.table",
    "spectra_along": "weightscape.spectra.along_table",
    "diversity": "weightscape.tables.diversity",
    "samples": "weightscape.tables.samples",
    "pictures": "weightscape.tables.pictures",
    "comparisons": "weightscape.tables.comparisons",
    "likeness": "weightscape.tables.likeness",
    "trends": "weightscape.tables.trends",
    "relations": "weightscape.tables.relations",
    "claims": "weightscape.tables.claims",
    "checkpoint_spectra": "weightscape.spectra.checkpoint_table",
}
"""The module of every table, in the order in which pages list them; each has a `SCHEMA`."""


def find_schema(name: str) -> pa.Schema:
    """Return the schema of the table `name`.

    Raises
    ------
    ValueError
        If there is no such table; the message lists those that there are.
    """
    if name not in MODULES:
        raise ValueError(f"there is no table {name!r}; there are {', '.join(MODULES)}")
    schema: pa.Schema = import_module(MODULES[name]).SCHEMA
    return schema
