"""Score the predictions of a run on every test set."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.schemas import reliability, scores
from weightscape.scoring.tables import reliability_rows, score_rows
from weightscape.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    predictions = read(snakemake.input.predictions)
    scored, binned = score_rows(predictions), reliability_rows(predictions)
    write(snakemake.output.scores, scored, scores.SCHEMA, provenance)
    write(snakemake.output.reliability, binned, reliability.SCHEMA, provenance)
