"""Build the report: one HTML file that needs nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING

from weightscape.files import write_text
from weightscape.job import job
from weightscape.plugins import plugin
from weightscape.report.build import Page, Picture, Sources, build_report
from weightscape.report.origins import read_origins
from weightscape.table import provenance_of, read

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    template, style, *scripts, citation = (
        Path(snakemake.scriptdir, "../..", name).read_text("utf-8")
        for name in snakemake.params.page
    )
    files = snakemake.input
    sources = [*files.history, *files.eigenvalues[:1], *files.tables]
    versions = {k: v for file in sources for k, v in provenance_of(file)["versions"].items()}
    html = build_report(
        snakemake.params.study,
        {Path(file).stem: read(file).to_pandas() for file in files.tables},
        (read(file) for file in files.eigenvalues),
        [
            Picture(
                figure["name"],
                figure["source"],
                plugin("figures", figure["source"]).CAPTION,
                Path(png).read_bytes(),
            )
            for figure, png in zip(snakemake.params.figures, files.figures, strict=True)
        ],
        Sources(snakemake.params.credits, read_origins(files.networks)),
        Page(template, style, scripts),
        citation,
        dict(sorted(versions.items())),
    )
    write_text(snakemake.output.report, html)
