"""Draw a figure from the tables."""

from typing import TYPE_CHECKING

from weightscape.config.figure import FigureEntry
from weightscape.engine.job import job
from weightscape.figures.make import make_figure

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    make_figure(
        FigureEntry(**snakemake.params.figure),
        snakemake.input.tables,
        dict(snakemake.output.items()),
        provenance,
        snakemake.params.form,
    )
