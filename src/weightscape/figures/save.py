"""A figure on disk: the picture twice, and the numbers that it draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def save_figure(
    figure: Figure,
    numbers: pd.DataFrame,
    *,
    png: str | Path,
    pdf: str | Path,
    parquet: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Write a figure and its numbers; the same arguments give the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The picture.
    numbers : pandas.DataFrame
        What it draws; the index is not kept.
    png, pdf : str or Path
        Where the picture goes, at 200 dots per inch and as vectors.
    parquet : str or Path
        Where the numbers go.
    provenance : mapping
        Kept as JSON in the metadata of `parquet`.
    """
    import pyarrow as pa

    from weightscape.atomic import beside
    from weightscape.figures.style import hold_style
    from weightscape.tables import table

    with hold_style():
        with beside(png) as path:
            figure.savefig(path, metadata={"Software": None})
        with beside(pdf) as path:
            undated = {"CreationDate": None, "Creator": None, "Producer": None}
            figure.savefig(path, metadata=undated)
    rows = pa.Table.from_pandas(numbers, preserve_index=False).replace_schema_metadata()
    table.write(parquet, rows, rows.schema, provenance)
