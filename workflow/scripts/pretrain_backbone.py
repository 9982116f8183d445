"""Train a backbone on images that need no download."""

from typing import TYPE_CHECKING

from weightscape.config.backbone import Backbone
from weightscape.data.prepare import pretraining_images
from weightscape.job import job
from weightscape.network.checkpoint import save_network
from weightscape.train.pretrain import pretrain
from weightscape.train.state import keeper_beside

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    backbone = Backbone(**snakemake.params.backbone)
    images = pretraining_images(backbone, snakemake.config["data_root"])
    keeper = keeper_beside(snakemake.output.network, provenance, images.images, images.labels)
    network, info, selected = pretrain(
        backbone, images, snakemake.params.device, snakemake.params.threads, keeper
    )
    result = {"val_accuracy": selected.val_accuracy}
    save_network(snakemake.output.network, network.state_dict(), info, {**provenance, **result})
    keeper.remove()
