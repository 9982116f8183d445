"""Draw as many synthetic images as the most demanding condition takes."""

from typing import TYPE_CHECKING

from weightscape.config.generator import GeneratorEntry
from weightscape.config.place import Place
from weightscape.content import content_digest, identity_of
from weightscape.data.examples import load, save
from weightscape.engine.job import job
from weightscape.generators.chunks import folder_beside, keep_draws, remove
from weightscape.generators.fitted import load_generator, make_sampler
from weightscape.generators.sampling import generate

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    real = load(snakemake.input.train)
    entry = GeneratorEntry(**snakemake.params.generator)
    model = load_generator(snakemake.input.generator)
    draw = make_sampler(model, entry, real, Place(**snakemake.params.place))
    content = [content_digest(file) for file in snakemake.input]
    chunks = folder_beside(snakemake.output.images)
    draw = keep_draws(draw, chunks, identity_of(provenance, content, model.facts))
    images, filtered = generate(draw, entry, real, chunks.parent)
    about = {**provenance, "generator": model.facts, "filtered": filtered}
    save(snakemake.output.images, images, about)
    remove(chunks)
