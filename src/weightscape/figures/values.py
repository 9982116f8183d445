"""What figures average: which runs count, and what is measured of them by layers and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from weightscape.comparison.quantities import complete_runs

if TYPE_CHECKING:
    import pandas as pd


AVERAGED = ("scores", "calibration", "influences", "spectra", "spectra_along", "measurements")
"""Tables with rows of runs, of which figures show means over the seeds."""


def leave_out_failed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables without what other seeds say of a condition of which a run failed.

    A condition that lets some seeds diverge would else be shown by those that it spares.

    Parameters
    ----------
    tables : mapping
        Tables of a study by their names. `runs`, where it is among them, says what failed; it
        stays as it is.
    """
    import pandas as pd

    if "runs" not in tables:
        return dict(tables)
    key = ["dataset", "backbone", "condition"]
    runs = complete_runs(tables["runs"])
    failed = pd.MultiIndex.from_frame(runs.loc[runs["status"] != "ok", key])
    return {
        name: table[~pd.MultiIndex.from_frame(table[key]).isin(failed)]
        if name in AVERAGED
        else table
        for name, table in tables.items()
    }


def average_values(measurements: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    """Return what is measured per metric and kind of images, and per what `key` tells apart.

    Every severity counts the same within a shift, every shift within a layer, and every layer.

    Parameters
    ----------
    measurements : pandas.DataFrame
        Rows of the table of this name; those without a value are left out.
    key : sequence of str
        Columns that tell runs, and steps, apart.

    Returns
    -------
    pandas.DataFrame
        metric; images: empty for a number of the network alone, `test` for one of the test images,
        `shifted` for one of all shifts; the columns of `key`; and value.
    """
    rows = measurements.dropna(subset="value")
    is_shifted = ~rows["shift"].isin(["", "none"])
    rows = rows.assign(images=rows["test_set"].mask(is_shifted, "shifted"))
    # Validation images are those that the network is chosen by: they say nothing new.
    rows = rows[is_shifted | rows["test_set"].isin(["", "test"])]
    columns = ["metric", "images", *key]
    for parts in (["test_set", "shift", "layer"], ["layer"], []):
        by = rows.groupby([*columns, *parts], sort=False)
        rows = by["value"].mean().reset_index()
    return rows
