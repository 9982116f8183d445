"""Tables that the reader sorts and filters, as columns of JSON values; and their limitations."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from weightscape.comparison.quantities import find_score
from weightscape.report.words import list_words

EFFECT = {
    "effect": "effect", "low": "low", "high": "high", "n_seeds": "seeds", "p": "p",
}  # fmt: skip
COLUMNS = {
    "comparisons": {
        "dataset": "dataset", "backbone": "backbone", "condition": "condition",
        "reference": "against", "scope": "scope", "stage": "stage", "test_set": "images",
        "shift": "shift", "metric": "metric", **EFFECT, "p_holm": "p (Holm)",
        "smallest_detectable": "smallest detectable", "n_layers": "layers",
        "limitation": "limitation",
    },
    "trends": {
        "dataset": "dataset", "backbone": "backbone", "family": "family", "reference": "against",
        "scope": "scope", "stage": "stage", "shift": "shift", "metric": "metric",
        "scale": "scale of the dose", **EFFECT, "effect": "slope per unit of the scale",
        "n_doses": "doses", "limitation": "limitation",
    },
    "relations": {
        "dataset": "dataset", "backbone": "backbone", "scope": "scope", "stage": "stage",
        "metric": "metric", "shift": "shift", "score": "score", "r": "r", "low": "low",
        "high": "high", "without_condition": "leaving out", "r_without": "r without it",
        "n_conditions": "conditions", "n_seeds": "seeds", "limitation": "limitation",
    },
}  # fmt: skip
"""Columns of the tables to show, and what heads them."""

FILTERS: dict[str, dict[str, str | None]] = {
    "comparisons": {"scope": "body", "stage": "finetuned", "shift": None, "metric": None},
    "trends": {"scope": "body", "stage": "finetuned", "metric": None},
    "relations": {"scope": "body", "stage": "finetuned", "shift": "all", "score": None},
}
"""Columns to choose from, and what is chosen to begin with; None for everything."""

WHO: dict[str, list[str]] = {
    "comparisons": ["condition"],
    "likeness": ["one", "other"],
    "trends": ["family"],
    "relations": [],
}
"""Tables whose rows have limitations, and the columns that say of whom a row speaks."""


def browsable(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the tables of `COLUMNS` as columns of JSON values.

    Effects of single layers and roles, and of single severities, stay in the Parquet file. A text
    column is its distinct values and, per row, which one; a number has four significant digits.
    """
    comparisons = tables["comparisons"]
    kept = comparisons["scope"].isin(["body", "all"])
    kept |= comparisons["scope"].isin(["scores", "measurements"]) & (
        comparisons["severity"].isna() | (comparisons["shift"] == "none")
    )
    kept &= comparisons["layer"] == ""
    shown = {**tables, "comparisons": comparisons[kept]}
    return {
        name: {
            "columns": [
                {"key": key, "label": label, **_values(shown[name][key])}
                for key, label in columns.items()
                if key not in ("dataset", "backbone") or shown[name][key].nunique() > 1
            ],
            "filters": _filters(shown[name], FILTERS[name] | _of_score(name, shown["runs"])),
        }
        for name, columns in COLUMNS.items()
    }


def _of_score(name: str, runs: pd.DataFrame) -> dict[str, str | None]:
    """Return the choice of the score that the study means by accuracy, where a table has scores."""
    return {"score": find_score(runs)} if "score" in FILTERS[name] else {}


def _filters(table: pd.DataFrame, filters: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the filters; one begins with everything where its first choice is not there."""
    places = {name: None for name in ("dataset", "backbone") if table[name].nunique() > 1}
    return places | {
        name: first if first in set(table[name]) else None for name, first in filters.items()
    }


def _values(column: "pd.Series[Any]") -> dict[str, Any]:
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(float, na_value=np.nan)
        return {"values": [float(f"{x:.4g}") if np.isfinite(x) else None for x in numbers]}
    codes, levels = pd.factorize(column)
    return {"codes": codes.tolist(), "levels": [str(level) for level in levels]}


def limitations(tables: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return every limitation that a row of the tables names, with where it applies.

    Returns
    -------
    list of dict
        `table`, `limitation`, `count` of rows, `of` so many, `who` and `metrics`; most frequent
        first within a table. A row with two limitations counts for both.
    """
    found = []
    for name, columns in WHO.items():
        table = tables[name]
        notes = table.assign(note=table["limitation"].str.split("; ")).explode("note")
        for note, rows in notes[notes["note"] != ""].groupby("note", sort=False):
            who = dict.fromkeys(rows[columns].to_numpy().ravel())
            found.append(
                {
                    "table": name,
                    "limitation": note,
                    "count": len(rows),
                    "of": len(table),
                    "who": list_words([str(each) for each in who]),
                    "metrics": list_words(list(rows["metric"].unique())),
                }
            )
    return sorted(found, key=lambda one: (list(WHO).index(one["table"]), -one["count"]))
