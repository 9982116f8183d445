"""Write a backbone with weights that come ready-made."""

from typing import TYPE_CHECKING

from weightscape.config.backbone import Backbone
from weightscape.engine.job import job
from weightscape.network.published import load_published
from weightscape.network.saved import save_network

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    backbone = Backbone(**snakemake.params.backbone)
    network = load_published(backbone, snakemake.resources.data_root)
    save_network(snakemake.output.network, network, provenance)
