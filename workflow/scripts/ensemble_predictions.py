"""Average the logits of several runs on every test set."""

from typing import TYPE_CHECKING

from weightscape.job import job, run_of
from weightscape.schemas import predictions
from weightscape.scoring.ensemble import ensemble
from weightscape.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    members = [read(file) for file in snakemake.input.members]
    table = ensemble(members, run_of(snakemake.wildcards))
    write(snakemake.output.predictions, table, predictions.SCHEMA, provenance)
