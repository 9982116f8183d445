"""Draw as many synthetic images as the most demanding condition takes."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Generator
from weightscape.content import content_digest, identity_of
from weightscape.data.labelled import load, save
from weightscape.generators.chunks import folder_beside, kept, remove
from weightscape.generators.fitted import load_generator, sampler
from weightscape.generators.sampling import generate
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    real = load(snakemake.input.train)
    generator = Generator(**snakemake.params.generator)
    model = load_generator(snakemake.input.generator)
    draw = sampler(model, generator, real, snakemake.params.device, snakemake.params.threads)
    content = [content_digest(file) for file in snakemake.input]
    chunks = folder_beside(snakemake.output.images)
    draw = kept(draw, chunks, identity_of(provenance, content, model.facts))
    images, filtered = generate(draw, generator, real, chunks.parent)
    about = {**provenance, "generator": model.facts, "filtered": filtered}
    save(snakemake.output.images, images, about)
    remove(chunks)
