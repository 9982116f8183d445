"""Test the claims of the papers, and the study's own, on its runs."""

from typing import TYPE_CHECKING

from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.config.analysis import Comparison
from weightscape.config.claims import Claim
from weightscape.engine.job import job
from weightscape.tables import claims
from weightscape.tables.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    options = Comparison(**snakemake.params.comparison)
    listed = [Claim.model_validate(claim) for claim in snakemake.params.claims]
    files = {name: file for name, file in snakemake.input.items() if file}
    tables = Tables(**{name: read(file).to_pandas() for name, file in files.items()})
    effects = effects_of(tables, options.spectra_metrics, options.form)
    table = claims_table(effects, listed)
    write(snakemake.output.table, table, claims.SCHEMA, provenance)
