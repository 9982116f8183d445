"""Draw a figure from the tables."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Figure
from weightscape.figures.make import make_figure
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    make_figure(
        Figure(**snakemake.params.figure),
        snakemake.input.tables,
        dict(snakemake.output.items()),
        provenance,
    )
