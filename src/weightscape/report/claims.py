"""The table of claims, ordered for reading."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from weightscape.comparison.claims import VERDICTS
from weightscape.config.claims import BESIDE, strip_paper
from weightscape.report.words import list_words

SCOPES = {
    "body": "without classifier",
    "all": "with classifier",
    "scores": "scores",
    "measurements": "measurements",
    "": "–",
}
"""What a scope is called."""

SYMBOLS = dict(zip(VERDICTS, "✓✗?–", strict=True))
"""A sign for every verdict, so that colour is never the only difference."""

NOT_TESTABLE = VERDICTS[-1]

Row = dict[Any, Any]
"""A row of the table, or what is said of a claim, by name."""


class Verdicts(NamedTuple):
    """The verdicts on some claims, each over all sets and without the classifier.

    Attributes
    ----------
    counts : dict
        How many claims have each verdict.
    tested, untested : list of dict
        The claims: `paper`, `claim`, `statement`, `verdict` and `missing`, why it is not testable;
        `whole`, the row of the verdict with its `parts`; `beside`, the rows with the classifier,
        which describe it; and `sets`, on how many sets its own p bears it out.
    """

    counts: dict[str, int]
    tested: list[Row]
    untested: list[Row]


class SetRows(NamedTuple):
    """What the tests give on one data set and backbone, which is no verdict.

    Attributes
    ----------
    name : str
        The backbone and the dataset.
    rows : list of dict
        The wholes that are tested there.
    """

    name: str
    rows: list[Row]


class ClaimsPage(NamedTuple):
    """What the runs of a study say to claims.

    Attributes
    ----------
    name : str
        What the verdicts are over: a backbone on a dataset, or so many sets of these.
    stated : Verdicts
        On the claims as they are made.
    extensions : Verdicts
        On extensions of them, to conditions of other doses or kinds or to alpha at a fixed k.
    sets : list of SetRows
        With several sets, what there is of each.
    """

    name: str
    stated: Verdicts
    extensions: Verdicts
    sets: list[SetRows]


def read_claims(claims: pd.DataFrame) -> ClaimsPage:
    """Return the claims of a study as they are read.

    Parameters
    ----------
    claims : pandas.DataFrame
        The table of this name. A row is of the verdict where it `is_primary`; the others describe.
    """
    primary = claims[claims["is_primary"]]
    cells = claims.groupby(["dataset", "backbone"], sort=False)
    over = [tuple(cell) for cell in primary[["dataset", "backbone"]].drop_duplicates().to_numpy()]
    sets = [SetRows(_name(cell), _find_wholes(rows)) for cell, rows in cells if cell not in over]
    named = list_words([each.name for each in sets])
    name = f"over {len(sets)} sets: {named}" if sets else ", ".join(map(_name, over))
    places = zip(claims["dataset"], claims["backbone"], strict=True)
    is_over = np.array([place in over for place in places], bool)
    extended = claims["paper"].str.endswith(BESIDE)
    return ClaimsPage(
        name,
        _read_verdicts(claims[is_over & ~extended], len(sets)),
        _read_verdicts(claims[is_over & extended], len(sets)),
        sets,
    )


def _read_verdicts(rows: pd.DataFrame, sets: int) -> Verdicts:
    found = [_read_claim(of, sets) for _, of in rows.groupby(["paper", "claim"], sort=False)]
    verdicts = [claim["verdict"] for claim in found]
    return Verdicts(
        {verdict: verdicts.count(verdict) for verdict in VERDICTS},
        [claim for claim in found if claim["verdict"] != NOT_TESTABLE],
        [claim for claim in found if claim["verdict"] == NOT_TESTABLE],
    )


def _read_claim(rows: pd.DataFrame, sets: int) -> Row:
    parts = rows[rows["part"] > 0]
    wholes = [
        {**whole, "parts": parts[parts["scope"] == whole["scope"]].to_dict("records")}
        for whole in rows[rows["part"] == 0].to_dict("records")
    ]
    (whole,) = [each for each in wholes if each["is_primary"]]
    return {
        "paper": strip_paper(whole["paper"]),
        "claim": whole["claim"],
        "statement": whole["statement"],
        "verdict": whole["verdict"],
        "missing": whole["reason"],
        "whole": whole,
        "beside": [
            each for each in wholes if not each["is_primary"] and each["verdict"] != NOT_TESTABLE
        ],
        "sets": _say_sets(whole, sets),
    }


def _say_sets(whole: Row, sets: int) -> str:
    """Return on how many sets a claim is borne out by itself; empty where there is one set."""
    if not sets:
        return ""
    tested = int(whole["n_sets"])
    words = f"{int(whole['n_sets_supported'])} of {tested} {'set' if tested == 1 else 'sets'}"
    return words if tested == sets else f"{words}, of {sets} in the study"


def _find_wholes(rows: pd.DataFrame) -> list[Row]:
    wholes = rows[(rows["part"] == 0) & (rows["verdict"] != NOT_TESTABLE)]
    found: list[Row] = wholes.to_dict("records")
    return found


def _name(cell: tuple[Any, ...]) -> str:
    dataset, backbone = cell
    return f"{backbone} on {dataset}"


def list_counts(counts: Mapping[str, int]) -> str:
    """Return ``3 supported, 1 contradicted, …``, without those that there are none of."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
