"""Score the predictions of a run on every test set, and find how sure its images make that."""

from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.engine.job import job
from weightscape.scoring.score_run import calibration_rows, influence_rows, score_rows
from weightscape.tables.table import failure_of, read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    predictions = read(snakemake.input.predictions)
    about = note_failure(provenance, failure_of(snakemake.input.predictions))
    for name, make in {
        "scores": score_rows,
        "calibration": calibration_rows,
        "influences": influence_rows,
    }.items():
        table = make(predictions)
        write(snakemake.output[name], table, table.schema, about)
