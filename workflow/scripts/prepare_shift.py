"""Make a shifted test set at every severity."""

from typing import TYPE_CHECKING

from weightscape.config.sources import Shift
from weightscape.data.labelled import load, save_shift
from weightscape.data.prepare import shifted
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    images = shifted(load(snakemake.input.test), Shift(**snakemake.params.shift))
    save_shift(snakemake.output.images, images, provenance)
