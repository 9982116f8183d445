"""Write every layer matrix of a network to Parquet."""

from typing import TYPE_CHECKING

from weightscape.job import job
from weightscape.layers.extract import extract_weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    extract_weights(snakemake.input.network, snakemake.output.weights, provenance)
