"""Write the logits of a network on every test set."""

from typing import TYPE_CHECKING

from weightscape.data.test_sets import load_test_sets
from weightscape.job import job, run_of
from weightscape.network.checkpoint import load_tensors
from weightscape.network.predictions import predict_all
from weightscape.schemas import predictions
from weightscape.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    asked = snakemake.input
    parts = predict_all(
        *load_tensors(asked.network),
        load_test_sets(asked.val, asked.test, snakemake.params.shifts, asked.shifts),
        run_of(snakemake.wildcards),
        snakemake.params.device,
        snakemake.params.threads,
    )
    write(snakemake.output.predictions, parts, predictions.SCHEMA, provenance)
