"""Write a backbone with weights that come ready-made."""

from typing import TYPE_CHECKING

from weightscape.config.backbone import Backbone
from weightscape.job import job
from weightscape.network.checkpoint import save_network
from weightscape.network.published import published

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    backbone = Backbone(**snakemake.params.backbone)
    network, info = published(backbone, snakemake.config["data_root"])
    save_network(snakemake.output.network, network.state_dict(), info, provenance)
