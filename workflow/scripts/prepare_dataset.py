"""Load a dataset and split it into images for training, validation and testing."""

from typing import TYPE_CHECKING

from weightscape.config.source import DatasetEntry
from weightscape.data.examples import save
from weightscape.data.prepare import prepare
from weightscape.engine.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    dataset = DatasetEntry(**snakemake.params.dataset)
    for part, images in prepare(dataset, snakemake.resources.data_root).items():
        save(snakemake.output[part], images, provenance)
