"""Join the parts of a table in one."""

from typing import TYPE_CHECKING

from weightscape.engine.job import job
from weightscape.tables.collect import collect
from weightscape.tables.registry import find_schema

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    schema = find_schema(snakemake.params.table)
    collect(snakemake.output.table, snakemake.input.parts, schema, provenance)
