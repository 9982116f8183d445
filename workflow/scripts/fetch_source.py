"""See that the files of a data set are there and whole; fetch what is missing."""

import json
from typing import TYPE_CHECKING

from weightscape.data.prepare import fetched
from weightscape.files import write_text
from weightscape.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    files = fetched(*snakemake.params.plugins, snakemake.config["data_root"])
    write_text(snakemake.output.fetched, json.dumps(files, indent=1) + "\n")
