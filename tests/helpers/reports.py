"""A report of the plausible tables, for tests of the page."""

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tests.helpers.tables import compared, study
from weightscape.data.solar_cells import SolarCells
from weightscape.report.build import Page, Picture, Sources, build_report
from weightscape.study.load import read_study
from weightscape.tables import eigenvalues

ROOT = Path(__file__).parents[2]
PARTS = ROOT / "workflow" / "report"

HOSTILE = {
    "trivial_augment": "<script>alert(1)</script>",
    "noise-0.3": "\"quoted'",
    "synthetic-1.0": "a&b",
    "augmentation": "<b>family</b>",
    "layer1.0.conv1": "<img src=x onerror=alert(2)>",
    "blur": "</script><script>alert(3)</script>",
}
"""Names in the tables, and what stands in their place."""

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)
"""A PNG of one pixel."""


def hostile_tables() -> dict[str, pd.DataFrame]:
    """Return the tables of a study whose names are markup."""
    tables = study()
    for name in ("runs", "spectra", "scores", "eigenvalues"):
        texts = tables[name].select_dtypes("str").columns
        tables[name][texts] = tables[name][texts].replace(HOSTILE)
    return tables | compared(tables)


def report_of(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the report of `tables`, among which are the eigenvalues."""
    found = pa.Table.from_pandas(
        tables["eigenvalues"], schema=eigenvalues.SCHEMA, preserve_index=False
    )
    return build_report(
        read_study(ROOT / "studies/digits.yaml").slice(),
        tables,
        [found],
        [Picture("a_figure", "family_bars", "What it shows. How to read <it>.", PIXEL)],
        Sources(
            [SolarCells.credit._asdict()],
            [{"architecture": "resnet10t", "source": "glyphs", "license": ""}],
            (ROOT / "CITATION.cff").read_text("utf-8"),
        ),
        Page(
            (PARTS / "report.html.j2").read_text("utf-8"),
            (PARTS / "report.css").read_text("utf-8"),
            [(PARTS / name).read_text("utf-8") for name in ("tables.js", "explorer.js")],
        ),
        {"numpy": "2.0"},
    )


class ReadPage(HTMLParser):
    """The text of a page, its scripts and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.text = html, ""
        self.scripts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inside = tag
            self.scripts += [""] if tag == "script" else []

    def handle_endtag(self, tag: str) -> None:
        self.inside = None if tag == self.inside else self.inside

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside is None:
            self.text += data

    def json(self, name: str) -> Any:
        """Return what a script of this id holds."""
        scripts = [attributes for tag, attributes in self.tags if tag == "script"]
        place = next(i for i, attributes in enumerate(scripts) if attributes.get("id") == name)
        return json.loads(self.scripts[place])
