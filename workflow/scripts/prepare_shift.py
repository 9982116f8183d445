"""Make a shifted test set at every severity."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.config.sources import Shift
from weightscape.data.labelled import load, save_shift
from weightscape.data.prepare import shifted
from weightscape.job import job
from weightscape.shifts.source import Source

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    source = Source(
        load(snakemake.input.test),
        load(snakemake.input.elsewhere),
        Path(snakemake.config["data_root"]),
    )
    images = shifted(source, Shift(**snakemake.params.shift))
    save_shift(snakemake.output.images, images, provenance)
