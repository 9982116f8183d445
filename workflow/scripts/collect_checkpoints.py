"""Join the spectra of all checkpoints in one table."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.schemas import checkpoint_spectra
from weightscape.table import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    collect(snakemake.output.table, snakemake.input.parts, checkpoint_spectra.SCHEMA, provenance)
