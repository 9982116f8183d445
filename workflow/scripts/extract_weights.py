"""Write every layer matrix of a network to Parquet."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.checkpoints.safetensors_file import open_safetensors
from weightscape.engine.job import job
from weightscape.layers.extract import extract_weights
from weightscape.tables.table import write
from weightscape.tables.weights import SCHEMA

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    network, weights = snakemake.input.network, snakemake.output.weights
    if failure := open_safetensors(network).failure:
        logging.error("there are no weights to analyse: %s", failure)
        write(weights, (), SCHEMA, note_failure(provenance, failure))
    else:
        extract_weights(network, weights, provenance)
