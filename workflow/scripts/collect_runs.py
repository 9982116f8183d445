"""Collect what every run sets and how it ended."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.runs import run_rows
from weightscape.schemas import runs
from weightscape.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    table = run_rows(snakemake.params.runs, snakemake.input.histories)
    write(snakemake.output.table, table, runs.SCHEMA, provenance)
