"""Compare every condition with its reference, seed by seed."""

from typing import TYPE_CHECKING

from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.comparison.relations import relations_table
from weightscape.comparison.trends import trends_table
from weightscape.config.analysis import Comparison
from weightscape.engine.job import job
from weightscape.tables.table import read, write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    options = Comparison(**snakemake.params.comparison)
    files = {name: file for name, file in snakemake.input.items() if file}
    tables = Tables(**{name: read(file).to_pandas() for name, file in files.items()})
    effects = effects_of(tables, options.spectra_metrics, options.form)
    for name, make in {
        "comparisons": comparisons_table,
        "likeness": likeness_table,
        "trends": trends_table,
        "relations": relations_table,
    }.items():
        table = make(effects)
        write(snakemake.output[name], table, table.schema, provenance)
