"""The table of claims, ordered for reading."""

from typing import Any

import pandas as pd

from weightscape.comparison.claims import VERDICTS
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


def claims_of_cells(claims: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the claims for every dataset and backbone.

    Parameters
    ----------
    claims : pandas.DataFrame
        The table of this name.

    Returns
    -------
    list of dict
        `name`; `counts` of the verdicts without the classifier and on scores; `differ`, the claims
        whose verdict is another one with the classifier; `tested` and `untested`, one dict per
        claim with `paper`, `claim`, `statement`, `verdicts` and `wholes`, the rows of its scopes,
        each with its `parts`.
    """
    cells = []
    for (dataset, backbone), rows in claims.groupby(["dataset", "backbone"], sort=False):
        found = [_claim(of_claim) for _, of_claim in rows.groupby(["paper", "claim"], sort=False)]
        tested = [claim for claim in found if claim["verdicts"] != [NOT_TESTABLE]]
        first = [claim["wholes"][0]["verdict"] for claim in found]
        differ = [claim["claim"] for claim in tested if len(set(claim["verdicts"])) > 1]
        cells.append(
            {
                "name": f"{backbone} on {dataset}",
                "counts": {verdict: first.count(verdict) for verdict in VERDICTS},
                "differ": list_words(differ),
                "tested": tested,
                "untested": [claim for claim in found if claim not in tested],
            }
        )
    return cells


def _claim(rows: pd.DataFrame) -> dict[str, Any]:
    wholes = [
        {
            **whole,
            "parts": rows[(rows["scope"] == whole["scope"]) & (rows["part"] > 0)].to_dict(
                "records"
            ),
        }
        for whole in rows[rows["part"] == 0].to_dict("records")
    ]
    first = wholes[0]
    return {
        "paper": first["paper"],
        "claim": first["claim"],
        "statement": first["statement"],
        "verdicts": list(dict.fromkeys(whole["verdict"] for whole in wholes)),
        "wholes": wholes,
        "missing": "; ".join(dict.fromkeys(whole["reason"] for whole in wholes)),
    }
