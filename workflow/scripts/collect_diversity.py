"""Join what is measured of all sets of images, and the images to show, in one table each."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.schemas import diversity, samples
from weightscape.table import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    collect(snakemake.output.table, snakemake.input.parts, diversity.SCHEMA, provenance)
    collect(snakemake.output.samples, snakemake.input.samples, samples.SCHEMA, provenance)
