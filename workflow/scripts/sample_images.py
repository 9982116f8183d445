"""Take some images of every set that networks are trained and tested on, to look at."""

from typing import TYPE_CHECKING

from weightscape.data.examples import load, load_shift
from weightscape.data.samples import take_pictures
from weightscape.engine.job import job
from weightscape.tables import pictures
from weightscape.tables.table import from_rows, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given = snakemake.input
    shifts = zip(snakemake.params.shifts, given.shifts, strict=True)
    found = take_pictures(
        load(given.train), load(given.test), {name: load_shift(file) for name, file in shifts}
    )
    dataset = {"dataset": snakemake.wildcards.dataset}
    table = from_rows([dataset | row for row in found], pictures.SCHEMA)
    write(snakemake.output.pictures, table, pictures.SCHEMA, provenance)
