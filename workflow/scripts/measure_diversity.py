"""Measure how diverse a set of images is and how like real ones."""

from typing import TYPE_CHECKING

from weightscape.config.diversity import Diversity, ImageSet
from weightscape.config.place import Place
from weightscape.data.examples import load
from weightscape.diversity.image_set import Embedder, Parts, View, measure_image_set
from weightscape.engine.job import job
from weightscape.seeds import seed_for
from weightscape.tables import diversity, samples
from weightscape.tables.table import from_arrays, from_rows, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    files, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    image_set = ImageSet(**params.image_set)
    measured = measure_image_set(
        image_set,
        Parts(load(files.train), load(files.test), [load(f) for f in files.get("synthetic", [])]),
        View(params.in_chans, params.img_size, seed_for("diversity", wildcards.dataset)),
        Diversity(**params.diversity),
        Embedder(files.embeddings, files.network, Place(**params.place)),
    )
    about = {"dataset": wildcards.dataset, "backbone": wildcards.backbone, **image_set.identifiers}
    table = from_arrays([{**about, **row} for row in measured.diversity], diversity.SCHEMA)
    write(snakemake.output.table, table, diversity.SCHEMA, provenance)
    shown = from_rows([{**about, **sample} for sample in measured.samples], samples.SCHEMA)
    write(snakemake.output.samples, shown, samples.SCHEMA, provenance)
