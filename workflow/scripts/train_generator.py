"""Fit a generator of images to the training images."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.config.generator import GeneratorEntry
from weightscape.config.place import Place
from weightscape.content import content_digest, identity_of
from weightscape.data.examples import load
from weightscape.engine.job import job
from weightscape.generators.fitted import choose_training_images, fit, save_generator

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    entry = GeneratorEntry(**snakemake.params.generator)
    parents = [load(file) for file in snakemake.input.get("parent", [])]
    state = Path(snakemake.output.generator).with_name(".training.safetensors")
    model = fit(
        choose_training_images(load(snakemake.input.train), parents, entry),
        entry,
        Place(**snakemake.params.place),
        state,
        identity_of(provenance, [content_digest(file) for file in snakemake.input]),
    )
    save_generator(snakemake.output.generator, model, provenance)
    state.unlink(missing_ok=True)
