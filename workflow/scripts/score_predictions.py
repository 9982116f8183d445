"""Score the predictions of a run on every test set."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.schemas import scores
from weightscape.scoring.tables import score_rows
from weightscape.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    table = score_rows(read(snakemake.input.predictions))
    write(snakemake.output.scores, table, scores.SCHEMA, provenance)
