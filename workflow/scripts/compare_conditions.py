"""Compare every condition with its reference, seed by seed."""

from typing import TYPE_CHECKING

from weightscape.comparison.compare import compare
from weightscape.config.analysis import Comparison
from weightscape.job import job
from weightscape.schemas import comparisons
from weightscape.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    options = Comparison(**snakemake.params.comparison)
    tables = (read(snakemake.input[name]).to_pandas() for name in ("runs", "spectra", "scores"))
    table = compare(*tables, options.spectra_metrics)
    write(snakemake.output.table, table, comparisons.SCHEMA, provenance)
