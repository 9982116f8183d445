"""Collect what every run sets and how it ended."""

from typing import TYPE_CHECKING

from weightscape.engine.job import job
from weightscape.study.runs import run_rows
from weightscape.tables import runs
from weightscape.tables.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given = snakemake.input
    params = snakemake.params
    table = run_rows(params.runs, given.histories, given.get("scores"), params.decay)
    write(snakemake.output.table, table, runs.SCHEMA, provenance)
