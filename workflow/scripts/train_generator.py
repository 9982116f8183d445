"""Fit a generator of images to the training images."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.config.sources import Generator
from weightscape.content import content_digest, identity_of
from weightscape.data.labelled import load
from weightscape.generators.fitted import fit, save_generator, training_images
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    generator = Generator(**snakemake.params.generator)
    parents = [load(file) for file in snakemake.input.get("parent", [])]
    state = Path(snakemake.output.generator).with_name(".training.safetensors")
    model = fit(
        training_images(load(snakemake.input.train), parents, generator),
        generator,
        snakemake.params.device,
        snakemake.params.threads,
        state,
        identity_of(provenance, [content_digest(file) for file in snakemake.input]),
    )
    save_generator(snakemake.output.generator, model, provenance)
    state.unlink(missing_ok=True)
