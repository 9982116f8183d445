"""Load a dataset and split it into images for training, validation and testing."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Dataset
from weightscape.data.labelled import save
from weightscape.data.prepare import prepare
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    dataset = Dataset(**snakemake.params.dataset)
    for part, images in prepare(dataset, snakemake.config["data_root"]).items():
        save(snakemake.output[part], images, provenance)
