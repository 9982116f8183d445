"""Draw as many synthetic images as the most demanding condition takes."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Generator
from weightscape.data.labelled import load, save
from weightscape.data.mixing import per_class
from weightscape.generators.fitted import generate, load_generator
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    train = load(snakemake.input.train)
    generator = Generator(**snakemake.params.generator)
    images = generate(
        load_generator(snakemake.input.generator),
        generator,
        per_class(train, generator.ratio),
        train.classes,
    )
    save(snakemake.output.images, images, provenance)
