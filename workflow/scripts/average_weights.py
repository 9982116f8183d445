"""Make a network of the weights of others."""

from typing import TYPE_CHECKING

from weightscape.data.labelled import load
from weightscape.job import job
from weightscape.network.checkpoint import load_tensors, save_network
from weightscape.network.combine import combined

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    networks = [load_tensors(file) for file in snakemake.input.networks]
    info = networks[0][1]
    start, val = snakemake.input.initial, snakemake.input.val
    tensors = combined(
        **snakemake.params.combination,
        networks=[tensors for tensors, _ in networks],
        initial=load_tensors(start)[0] if start else {},
        info=info,
        validation=load(val) if val else None,
        device=snakemake.params.device,
        threads=snakemake.params.threads,
    )
    save_network(snakemake.output.network, tensors, info, provenance)
