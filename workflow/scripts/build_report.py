"""Build the report, one HTML file that needs nothing else, and say in ten lines what was found."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.atomic import write_text
from weightscape.config.figure import FigureEntry
from weightscape.engine.job import job
from weightscape.report.build import Page, Picture, Sources, build_report
from weightscape.report.origins import read_origins
from weightscape.report.summary import summarise
from weightscape.tables.table import provenance_of, read

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def read_parts(suffix: str) -> list[str]:
    """Return the texts of the files of the page that end so, in order."""
    names = [name for name in snakemake.params.page if name.endswith(suffix)]
    return [Path(snakemake.scriptdir, "../..", name).read_text("utf-8") for name in names]


with job(snakemake):
    files = snakemake.input
    (template,), (style,), (citation,) = map(read_parts, (".j2", ".css", ".cff"))
    sources = [*files.history, *files.eigenvalues[:1], *files.tables]
    versions = {k: v for file in sources for k, v in provenance_of(file)["versions"].items()}
    tables = {Path(file).stem: read(file).to_pandas() for file in files.tables}
    entries = [FigureEntry(**figure) for figure in snakemake.params.figures]
    html = build_report(
        snakemake.params.study,
        tables,
        (read(file) for file in files.eigenvalues),
        [
            Picture(entry.name, entry.source, entry.build().caption, Path(png).read_bytes())
            for entry, png in zip(entries, files.figures, strict=True)
        ],
        Sources(snakemake.params.credits, read_origins(files.networks), citation),
        Page(template, style, read_parts(".js")),
        dict(sorted(versions.items())),
    )
    write_text(snakemake.output.report, html)
    folder = Path(snakemake.output.summary).parent
    write_text(snakemake.output.summary, summarise(tables, folder))
