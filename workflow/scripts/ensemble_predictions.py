"""Average the logits of several runs on every test set."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.engine.job import job, run_of
from weightscape.scoring.ensemble import average_predictions
from weightscape.tables import predictions
from weightscape.tables.table import failure_of, read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    files, output = snakemake.input.members, snakemake.output.predictions
    if failures := [reason for file in files if (reason := failure_of(file))]:
        about = note_failure(provenance, f"made of a failed run: {failures[0]}")
        logging.error("%s", about["reason"])
        write(output, (), predictions.SCHEMA, about)
    else:
        table = average_predictions([read(file) for file in files], run_of(snakemake.wildcards))
        write(output, table, predictions.SCHEMA, provenance)
