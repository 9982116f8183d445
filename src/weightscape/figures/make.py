"""From a figure's config and the tables' files to the figure's files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from weightscape.figures.save import save_figure
from weightscape.plugins import options_of, plugin
from weightscape.table import read

if TYPE_CHECKING:
    from weightscape.config.sources import Figure


def make_figure(
    figure: "Figure",
    files: Sequence[str],
    outputs: Mapping[str, str],
    provenance: Mapping[str, Any],
) -> None:
    """Draw `figure` from tables and write it.

    Parameters
    ----------
    figure : Figure
        Which one, and its options.
    files : sequence of str
        The tables' files; those of one name are joined below one another.
    outputs : mapping
        Where to write: png, pdf, numbers.
    provenance : mapping
        Kept with the numbers.
    """
    module = plugin("figures", figure.source)
    options = options_of("figures", figure.source, figure.options)
    parts: dict[str, list[pa.Table]] = {}
    for file in files:
        parts.setdefault(Path(file).stem, []).append(read(file))
    tables = {name: pa.concat_tables(each).to_pandas() for name, each in parts.items()}
    numbers = module.numbers(tables, options)
    save_figure(
        module.draw(numbers, options),
        numbers,
        png=outputs["png"],
        pdf=outputs["pdf"],
        parquet=outputs["numbers"],
        provenance=provenance,
    )
