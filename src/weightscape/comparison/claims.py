"""The table `claims`: every claim, tested on the effects of a study."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.effects import Effects
from weightscape.comparison.evidence import Evidence, NotTestableError, Tested
from weightscape.comparison.judge import weigh
from weightscape.comparison.metrics import find_table
from weightscape.comparison.paired import LEVEL, Estimate, correct_holm
from weightscape.config.claims import STUDY, Claim
from weightscape.config.score import WORDS
from weightscape.tables import claims as schema
from weightscape.tables.table import from_rows

VERDICTS = ("supported", "contradicted", "inconclusive", "not testable")


def claims_table(
    all_effects: Sequence[Effects], claims: Sequence[Claim], margins: Mapping[str, float]
) -> pa.Table:
    """Return the verdict on every claim for every dataset and backbone.

    Parameters
    ----------
    all_effects : sequence of Effects
        One for every dataset and backbone.
    claims : sequence of Claim
        What is claimed.
    margins : mapping
        For every metric the largest difference that counts as none.

    Returns
    -------
    pyarrow.Table
        The table `claims`. A claim on weights is judged twice, without (`body`) and with the
        classifier (`all`). Holm's correction is over the claims of one paper in one scope.
    """
    rows = [row for effects in all_effects for row in _judge_claims(effects, claims, margins)]
    return from_rows(rows, schema.SCHEMA)


def _judge_claims(
    effects: Effects, claims: Sequence[Claim], margins: Mapping[str, float]
) -> list[dict[str, Any]]:
    rows = [
        {"dataset": effects.dataset, "backbone": effects.backbone, **row}
        for claim in claims
        for row in _judge_claim(claim, effects, margins)
    ]
    wholes = [row for row in rows if row["part"] == 0 and row["p"] is not None]
    for family in {(row["paper"], row["scope"]) for row in wholes}:
        members = [row for row in wholes if (row["paper"], row["scope"]) == family]
        corrected = correct_holm([row["p"] for row in members])
        for row, p in zip(members, corrected, strict=True):
            row["p_holm"] = float(p)
            if p > LEVEL:
                row["verdict"] = "inconclusive"
                open_by = "open once corrected for the other claims"
                open_by = open_by if row["p"] <= LEVEL else "the evidence leaves it open"
                row["reason"] = row["reason"] or open_by
    for row in rows:
        if row["score"] not in ("", "accuracy") and row["paper"] != STUDY:
            if row["part"] == 0 and row["verdict"] != VERDICTS[-1]:
                note = f"judged on {WORDS[row['score']]}, where the paper has accuracy"
                row["reason"] = "; ".join(filter(None, (note, row["reason"])))
    return rows


def _judge_claim(
    claim: Claim, effects: Effects, margins: Mapping[str, float]
) -> Iterator[dict[str, Any]]:
    accuracies = {"accuracy", "shifted_accuracy", "accuracy_gap"}
    about = {
        "paper": claim.paper,
        "claim": claim.claim,
        "statement": claim.statement,
        "score": effects.accuracy
        if any(accuracies & set(part.metrics) for part in claim.parts)
        else "",
    }
    if claim.needs:
        yield {**about, **_make_untested_row("", f"needs {claim.needs}")}
        return
    for scope in _find_scopes(claim):
        evidence = Evidence(effects, scope, claim.from_scratch, margins)
        parts = [_try_test(test) for part in claim.parts for test in evidence.tests(part)]
        yield {**about, **_judge_whole(claim, scope, parts)}
        for number, part in enumerate(parts, start=1):
            row = (
                _make_untested_row(scope, part) if isinstance(part, str) else _make_row(scope, part)
            )
            yield {**about, **row, "part": number}


def _find_scopes(claim: Claim) -> tuple[str, ...]:
    """Return in which scopes a claim is judged: on weights twice, on others once."""
    tables = {find_table(metric) for part in claim.parts for metric in part.metrics}
    if tables == {"measurements"}:
        return ("measurements",)
    return ("scores",) if tables <= {"scores", "measurements"} else ("body", "all")


def _try_test(test: Any) -> Tested | str:
    try:
        found: Tested = test()
    except NotTestableError as error:
        return str(error)
    return found


def _judge_whole(claim: Claim, scope: str, parts: Sequence[Tested | str]) -> dict[str, Any]:
    missing = [part for part in parts if isinstance(part, str)]
    if missing:
        return _make_untested_row(scope, "; ".join(dict.fromkeys(missing)))
    tested = [part for part in parts if not isinstance(part, str)]
    supported, contradicted, decides = weigh(
        [part.judged for part in tested], any_is_enough=claim.combine == "any"
    )
    decisive = tested[decides]
    judged = decisive.judged._replace(supported=supported, contradicted=contradicted)
    row = _make_row(scope, decisive._replace(judged=judged))
    # What a part says by itself is no longer what the whole rests on.
    return {**row, "p_sign_flip": row["p_sign_flip"] if len(tested) == 1 else None}


def _make_row(scope: str, tested: Tested) -> dict[str, Any]:
    judged, estimate = tested.judged, tested.judged.estimate
    p = min(judged.supported, judged.contradicted)
    numbers = _estimate_columns(estimate)
    if tested.test == "equivalence":
        numbers["p_sign_flip"] = None  # flips ask whether there is an effect, not how large it is
    leaning = "supported" if judged.supported <= judged.contradicted else "contradicted"
    return {
        "scope": scope,
        "part": 0,
        "what": tested.what,
        "test": tested.test,
        "metric": tested.metric,
        **numbers,
        "n_seeds": tested.n_seeds,
        "margin": tested.margin,
        "floor_low": _to_number(tested.floor.low),
        "floor_high": _to_number(tested.floor.high),
        "p": p,
        "p_holm": None,
        "verdict": leaning if p <= LEVEL else "inconclusive",
        "reason": tested.note,
    }


def _make_untested_row(scope: str, reason: str) -> dict[str, Any]:
    numbers = dict.fromkeys(
        ("effect", "low", "high", "margin", "floor_low", "floor_high", "p", "p_sign_flip",
         "p_floor", "p_holm")
    )  # fmt: skip
    words = {"scope": scope, "what": "", "test": "", "metric": "", "reason": reason}
    return {**words, **numbers, "part": 0, "n_seeds": 0, "verdict": "not testable"}


def _estimate_columns(estimate: Estimate) -> dict[str, float | None]:
    numbers = {
        "effect": estimate.effect,
        "low": estimate.low,
        "high": estimate.high,
        "p_sign_flip": estimate.p_sign_flip,
        "p_floor": estimate.p_floor,
    }
    return {name: _to_number(value) for name, value in numbers.items()}


def _to_number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
