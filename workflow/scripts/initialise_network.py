"""Make the network that a seed's runs start from: the backbone's weights and a random head."""

from typing import TYPE_CHECKING

from weightscape.data.examples import load
from weightscape.engine.job import job
from weightscape.network.build import initial_network
from weightscape.network.saved import save_network
from weightscape.seeds import seed_for

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    network = initial_network(
        snakemake.params.network,
        num_classes=len(load(snakemake.input.train).classes),
        seed=seed_for("head", snakemake.wildcards.dataset, snakemake.wildcards.seed),
        pretrained=snakemake.input.get("pretrained") or None,
    )
    save_network(snakemake.output.network, network, provenance)
