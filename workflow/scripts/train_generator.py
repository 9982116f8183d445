"""Fit a generator of images to the training images."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Generator
from weightscape.data.labelled import load
from weightscape.generators.fitted import fit, save_generator
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    generator = Generator(**snakemake.params.generator)
    arrays = fit(load(snakemake.input.train), generator)
    save_generator(snakemake.output.generator, arrays, provenance)
