"""Say in ten lines what the study found."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.files import write_text
from weightscape.job import job
from weightscape.summary import summarise
from weightscape.table import read

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    names = ("runs", "scores", "comparisons")
    tables = (read(snakemake.input[name]).to_pandas() for name in names)
    text = summarise(*tables, Path(snakemake.output.summary).parent)
    write_text(snakemake.output.summary, text)
