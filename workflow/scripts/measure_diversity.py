"""Measure how diverse a set of images is and how like real ones."""

from typing import TYPE_CHECKING

from weightscape.augment.once import augmented_once
from weightscape.config.diversity import Diversity, ImageSet
from weightscape.data.labelled import load
from weightscape.data.samples import samples_of
from weightscape.diversity.measure import Three, diversity_rows
from weightscape.diversity.sets import images_of, pixels_of, with_channels
from weightscape.job import job
from weightscape.network.checkpoint import load_tensors
from weightscape.network.embed import embed, load_embeddings
from weightscape.schemas import diversity, samples
from weightscape.seeds import seed_for
from weightscape.table import from_arrays, from_rows, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    options = Diversity(**snakemake.params.diversity)
    wanted = ImageSet(**snakemake.params.image_set)
    place = snakemake.params.device, snakemake.params.threads
    wildcards = snakemake.wildcards
    about = {"dataset": wildcards.dataset, "backbone": wildcards.backbone, **wanted.identifiers}
    files = [snakemake.input.train, snakemake.input.test, *snakemake.input.get("synthetic", [])]
    loaded = [with_channels(load(file), snakemake.params.in_chans) for file in files]
    train, test, *synthetic = loaded
    images, added = images_of(wanted, train, test, synthetic)
    if wanted.augment:
        drawn = seed_for("diversity", wildcards.dataset), snakemake.params.img_size
        images = augmented_once(images, wanted.augment, *drawn)
    sets, spaces = Three(images, train, test), {}
    if "pixels" in options.spaces:
        spaces["pixels"] = Three(*(pixels_of(part.images, options.pixel_side) for part in sets))
    if "embedding" in options.spaces:
        known = load_embeddings(snakemake.input.embeddings)
        own = {"real": known["train"], "test": known["test"]}.get(wanted.kind)
        if own is None:
            own = embed(*load_tensors(snakemake.input.network), images.images, *place)
        spaces["embedding"] = Three(own, known["train"], known["test"])
    labels = Three(*(part.labels for part in sets))
    rows = diversity_rows(spaces, labels, train.classes, added, options, wanted.kind, place[1])
    measured = from_arrays([about | row for row in rows], diversity.SCHEMA)
    write(snakemake.output.table, measured, diversity.SCHEMA, provenance)
    # A plain mix has the images of other sets.
    count = 0 if wanted.kind == "mixed" and not wanted.augment else options.samples
    shown = from_rows([about | sample for sample in samples_of(images, count)], samples.SCHEMA)
    write(snakemake.output.samples, shown, samples.SCHEMA, provenance)
