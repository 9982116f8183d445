"""Join the agreement of all runs in one table."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.schemas import agreement
from weightscape.table import collect

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    collect(snakemake.output.table, snakemake.input.parts, agreement.SCHEMA, provenance)
