"""Make a shifted test set at every severity."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.config.shift import ShiftEntry, Unshifted
from weightscape.data.examples import load, save_shift
from weightscape.engine.job import job
from weightscape.shifts.prepare import prepare_shift

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    unshifted = Unshifted(
        load(snakemake.input.test),
        load(snakemake.input.elsewhere),
        Path(snakemake.resources.data_root),
    )
    images = prepare_shift(unshifted, ShiftEntry(**snakemake.params.shift))
    save_shift(snakemake.output.images, images, provenance)
