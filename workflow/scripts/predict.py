"""Write the logits of a network on every test set."""

from typing import TYPE_CHECKING

from weightscape.config.place import Place
from weightscape.data.test_sets import load_test_sets
from weightscape.engine.job import job, run_of
from weightscape.network.predictions import predict_all, save_predictions
from weightscape.network.saved import load_network

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given = snakemake.input
    parts = predict_all(
        load_network(given.network),
        load_test_sets(given.val, given.test, snakemake.params.shifts, given.shifts),
        run_of(snakemake.wildcards),
        Place(**snakemake.params.place),
    )
    save_predictions(snakemake.output.predictions, parts, provenance)
