"""From a figure's config and the tables' files to the figure's files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from weightscape.comparison.choice import settle
from weightscape.comparison.forms import FORM, keep_form
from weightscape.figures.save import save_figure
from weightscape.figures.values import leave_out_failed
from weightscape.tables.table import read

if TYPE_CHECKING:
    from weightscape.config.figure import FigureEntry


def make_figure(
    entry: "FigureEntry",
    files: Sequence[str],
    outputs: Mapping[str, str],
    provenance: Mapping[str, Any],
    form: str = FORM,
) -> None:
    """Draw a figure from tables and write it.

    Parameters
    ----------
    entry : FigureEntry
        Which figure, and its options.
    files : sequence of str
        The tables' files; those of one name are joined below one another.
    outputs : mapping
        Where to write: png, pdf, numbers.
    provenance : mapping
        Kept with the numbers.
    form : {"pooled", "unfolded"}, optional
        The form of convolutions that is drawn, see `keep_form`.
    """
    figure = entry.build()
    parts: dict[str, list[pa.Table]] = {}
    for file in files:
        parts.setdefault(Path(file).stem, []).append(read(file))
    tables = {name: pa.concat_tables(each).to_pandas() for name, each in parts.items()}
    numbers = figure.numbers(leave_out_failed(settle(keep_form(tables, form))))
    save_figure(
        figure.draw(numbers),
        numbers,
        png=outputs["png"],
        pdf=outputs["pdf"],
        parquet=outputs["numbers"],
        provenance=provenance,
    )
