"""Measure how far the seeds of a condition predict the same."""

from typing import TYPE_CHECKING

from weightscape.engine.job import job
from weightscape.scoring.agreement import agreement_rows
from weightscape.tables import agreement
from weightscape.tables.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    table = agreement_rows([read(file) for file in snakemake.input.predictions])
    write(snakemake.output.agreement, table, agreement.SCHEMA, provenance)
