"""Analyse the weights of a checkpoint, or of those in a folder."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.find import open_checkpoint
from weightscape.config.spectra import Spectra
from weightscape.engine.job import job
from weightscape.files.analyse import analyse_checkpoints
from weightscape.files.options import Options
from weightscape.spectra.checkpoint_table import SCHEMA
from weightscape.tables import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    what = snakemake.params.checkpoint
    how = Options(Spectra.model_validate(snakemake.params.spectra), snakemake.threads)
    base = open_checkpoint(what["base"]) if what["base"] else None
    rows = [row for part in analyse_checkpoints([what["path"]], base, how) for row in part]
    for row in rows:
        if row["status"] == "failed":
            logging.warning("%s %s: %s", row["checkpoint"], row["layer"], row["reason"])
    table.write(snakemake.output.table, table.from_rows(rows, SCHEMA), SCHEMA, provenance)
