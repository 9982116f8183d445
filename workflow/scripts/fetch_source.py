"""See that the files of a data set are there and whole; fetch what is missing."""

import json
from typing import TYPE_CHECKING

from weightscape.atomic import write_text
from weightscape.data.fetch import fetch_files
from weightscape.engine.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    files = fetch_files(snakemake.params.code[1], snakemake.resources.data_root)
    write_text(snakemake.output.fetched, json.dumps(files, indent=1) + "\n")
