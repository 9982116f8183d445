"""Write for every file of the study what it says and what it was made by."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.engine.job import job
from weightscape.engine.manifest import write_manifest

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    write_manifest(Path(snakemake.output.manifest).parent)
