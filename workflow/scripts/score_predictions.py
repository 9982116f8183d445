"""Score the predictions of a run on every test set."""

from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.engine.job import job
from weightscape.scoring.score_run import calibration_rows, score_rows
from weightscape.tables.table import failure_of, read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    predictions = read(snakemake.input.predictions)
    about = note_failure(provenance, failure_of(snakemake.input.predictions))
    scored, binned = score_rows(predictions), calibration_rows(predictions)
    write(snakemake.output.scores, scored, scored.schema, about)
    write(snakemake.output.calibration, binned, binned.schema, about)
