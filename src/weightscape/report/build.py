"""The report of a study: one HTML file that needs nothing else."""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import yaml
from jinja2 import Environment, StrictUndefined
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]

from weightscape.comparison.choice import find_standing, rename_part, settle
from weightscape.comparison.forms import keep_form
from weightscape.config.score import WORDS
from weightscape.report.answer import answers
from weightscape.report.browse import browsable, limitations
from weightscape.report.choice import find_choices
from weightscape.report.claims import SCOPES, SYMBOLS, read_claims
from weightscape.report.decay import find_decay_parts
from weightscape.report.explorer import explorer_data
from weightscape.report.failures import find_failures, find_unmeasured
from weightscape.report.measured import FIGURES, quantities
from weightscape.report.words import decimals, number, p_value, percent, plain, points


class Picture(NamedTuple):
    """A figure of the study: its name, its plug-in, what its caption says, and the PNG."""

    name: str
    source: str
    caption: str
    png: bytes


class Sources(NamedTuple):
    """Whose work a study rests on.

    Attributes
    ----------
    images, weights : sequence of mappings
        Where they come from: the fields of `Credit`, and those of `read_origins`.
    citation : str
        How to cite the study, in the Citation File Format.
    """

    images: Sequence[Mapping[str, str]]
    weights: Sequence[Mapping[str, str]]
    citation: str


class Page(NamedTuple):
    """What the page is made of: a Jinja2 template, its style and its scripts, in order."""

    template: str
    style: str
    scripts: Sequence[str]


def build_report(
    study: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame],
    eigenvalues: Iterable[pa.Table],
    pictures: Sequence[Picture],
    sources: Sources,
    page: Page,
    versions: Mapping[str, str],
) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    study : mapping
        The study's config as JSON values; what it holds is shown as YAML.
    tables : mapping
        The tables runs, scores, influences, spectra, comparisons, likeness, trends, relations and
        claims, and measurements where the study has any.
    eigenvalues : iterable of pyarrow.Table
        Of the first seed's networks.
    pictures : sequence of Picture
        The figures, in order.
    sources : Sources
        Whose work it rests on.
    page : Page
        What the page is made of.
    versions : mapping
        Versions of what computed the tables, by name.
    """
    # Names come from files: they are escaped in HTML here, in JSON by the filter `tojson`, and in
    # the scripts by textContent.
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    environment.filters.update(
        number=number,
        decimals=decimals,
        points=points,
        p_value=p_value,
        percent=percent,
        plain=plain,
    )
    metrics = study["comparison"]["spectra_metrics"]
    trained = tables["runs"]
    standing = find_standing(trained)
    tables = settle(keep_form(tables, study["comparison"]["form"]))
    return environment.from_string(page.template).render(
        study=study,
        settings=yaml.safe_dump(dict(study), sort_keys=False, allow_unicode=True),
        runs=len(trained),
        recipes=trained["condition"].nunique(),
        conditions=_conditions(tables["runs"]),
        choices=find_choices(trained),
        decay_parts=find_decay_parts(tables["runs"], tables["comparisons"]),
        answers=answers(tables),
        score_words=WORDS,
        claims=read_claims(tables["claims"]),
        scopes=SCOPES,
        symbols=SYMBOLS,
        pictures=[
            picture._asdict() | {"png": base64.b64encode(picture.png).decode()}
            for picture in pictures
        ],
        sources=sources,
        explorer=explorer_data(
            tables, (rename_part(part, standing) for part in eigenvalues), metrics
        ),
        browse=browsable(tables),
        limitations=limitations(tables),
        failures=find_failures(tables["runs"]),
        unmeasured=find_unmeasured(tables.get("measurements"), tables["runs"]),
        quantities=quantities(tables),
        measured_figures=FIGURES,
        citation=sources.citation,
        references=yaml.safe_load(sources.citation).get("references", []),
        versions=versions,
        style=page.style,
        scripts=page.scripts,
        plotly=get_plotlyjs(),
    )


def _conditions(runs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what every condition sets, in the order of the study."""
    columns = ["condition", "family", "dose", "factors", "reference"]
    rows: list[Any] = runs.drop_duplicates("condition")[columns].to_dict("records")
    return [
        row
        | {
            "dose": None if pd.isna(row["dose"]) else row["dose"],
            "factors": _spelled(json.loads(row["factors"])),
        }
        for row in rows
    ]


def _spelled(factors: Mapping[str, Any]) -> str:
    """Return ``dropout: 0.5, weight_decay: 1.0``."""
    text: str = yaml.safe_dump(dict(factors), default_flow_style=True, width=10_000)
    return text.strip().removeprefix("{").removesuffix("}")
