"""Train a backbone on images that need no download."""

from typing import TYPE_CHECKING

from weightscape.config.backbone import Backbone
from weightscape.config.place import Place
from weightscape.data.prepare import make_pretraining_images
from weightscape.engine.job import job
from weightscape.network.saved import save_network
from weightscape.train.pretrain import pretrain
from weightscape.train.state import keeper_beside

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    backbone = Backbone(**snakemake.params.backbone)
    images = make_pretraining_images(backbone, snakemake.resources.data_root)
    keeper = keeper_beside(snakemake.output.network, provenance, images.inputs, images.labels)
    network, selected = pretrain(backbone, images, Place(**snakemake.params.place), keeper)
    result = {"val_accuracy": selected.val_accuracy}
    save_network(snakemake.output.network, network, {**provenance, **result})
    keeper.remove()
