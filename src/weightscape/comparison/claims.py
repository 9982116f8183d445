"""The table `claims`: every claim, tested on the effects of a study."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.judge import weigh
from weightscape.comparison.metrics import find_table
from weightscape.comparison.paired import LEVEL, Estimate, correct_holm
from weightscape.comparison.parts import Test, Tested, list_tests
from weightscape.comparison.pool import pool_domains
from weightscape.config.claims import EXTENDED_PAPER, STUDY, Claim
from weightscape.config.score import WORDS
from weightscape.tables import claims as schema
from weightscape.tables.table import from_rows

VERDICTS = ("supported", "contradicted", "inconclusive", "not testable")

EXTENDED = "-extended"
"""At the end of a claim's name: on conditions that it is not about."""

FEWEST_SETS = 3
"""Data sets from which on their effects have a spread."""

ACCURACIES = {"accuracy", "shifted_accuracy", "accuracy_gap"}


@dataclass(frozen=True)
class Judgement:
    """What one set of effects says of a claim in one scope: the whole, and its parts."""

    effects: Effects
    whole: Tested | str
    parts: list[Tested | str]


def claims_table(all_effects: Sequence[Effects], claims: Sequence[Claim]) -> pa.Table:
    """Return the verdict on every claim, over all data sets and on each.

    Parameters
    ----------
    all_effects : sequence of Effects
        One for every dataset and backbone.
    claims : sequence of Claim
        What is claimed.

    Returns
    -------
    pyarrow.Table
        The table `claims`. A claim has one verdict: over all data sets and backbones, held-out
        domains of one averaged (see `pool_domains`), without the classifier, and corrected by
        Holm's method over the claims of its paper. What else there is describes it: with the
        classifier, and set by set.
    """
    sets = pool_domains(all_effects)
    rows: list[dict[str, Any]] = []
    for claim in claims:
        for each, outside in ((claim, False), *_extend(claim, sets)):
            rows += _judge_claim(each, sets, outside)
    _correct(rows)
    return from_rows([_say_score(row) for row in rows], schema.SCHEMA)


def _extend(claim: Claim, sets: Sequence[Effects]) -> Iterator[tuple[Claim, bool]]:
    """Yield the claim as an extension to conditions that it is not about, if there are any."""
    families = {
        family
        for part in claim.parts
        for group in (*part.of, *([part.like] if part.like else []))
        for family in group.families
        if family in claim.about
    }
    for effects in sets:
        evidence = Evidence(effects, "all", from_scratch=claim.from_scratch, about=claim.about)
        if evidence.has_outside(families):
            about = {"claim": claim.claim + EXTENDED, "paper": claim.paper + EXTENDED_PAPER}
            yield claim.model_copy(update=about), True
            return


def _judge_claim(claim: Claim, sets: Sequence[Effects], outside: bool) -> Iterator[dict[str, Any]]:
    about = {"paper": claim.paper, "claim": claim.claim, "statement": claim.statement}
    if claim.needs:
        score = {"score": "", **_where(sets)}
        untested = _make_untested_row("", f"needs {claim.needs}")
        yield {**about, **score, **untested, "is_primary": True, **_count_sets([])}
        return
    for scope in _find_scopes(claim):
        each = [_judge_set(claim, scope, effects, outside) for effects in sets]
        score = {"score": sets[0].accuracy if _is_of_accuracy(claim) else ""}
        wholes = [judgement.whole for judgement in each]
        tested = [whole for whole in wholes if not isinstance(whole, str)]
        for number, of_sets in enumerate([wholes, *_by_part(each)]):
            pooled = _pool(of_sets, [effects.dataset for effects in sets])
            row = _make_any_row(scope, pooled, number == 0 and len(each[0].parts) > 1)
            # What is with the classifier describes what is without it.
            primary = {"is_primary": scope != "all", "part": number}
            counts = _count_sets(tested if number == 0 else [])
            yield {**about, **score, **_where(sets), **row, **primary, **counts}
        for judgement in each if len(sets) > 1 else []:
            for number, found in enumerate([judgement.whole, *judgement.parts]):
                row = _make_any_row(scope, found, number == 0 and len(judgement.parts) > 1)
                other = {"is_primary": False, "part": number, **_count_sets([])}
                yield {**about, **score, **_where([judgement.effects]), **row, **other}


def _judge_set(claim: Claim, scope: str, effects: Effects, outside: bool) -> Judgement:
    """Return what one data set and backbone say of a claim."""
    evidence = Evidence(
        effects, scope, from_scratch=claim.from_scratch, about=claim.about, outside=outside
    )
    parts = [_try_test(test) for part in claim.parts for test in list_tests(part, evidence)]
    if missing := [part for part in parts if isinstance(part, str)]:
        return Judgement(effects, "; ".join(dict.fromkeys(missing)), parts)
    tested = [part for part in parts if not isinstance(part, str)]
    return Judgement(effects, _weigh_all(tested, claim.combine == "any"), parts)


def _try_test(test: Test) -> Tested | str:
    try:
        return test()
    except NotTestableError as error:
        return str(error)


def _weigh_all(tested: Sequence[Tested], any_is_enough: bool = False) -> Tested:
    """Return several as one, which stands for the one that decides."""
    judged = [each.judged for each in tested]
    supported, contradicted, decides = weigh(judged, any_is_enough=any_is_enough)
    decisive = tested[decides]
    both = decisive.judged._replace(supported=supported, contradicted=contradicted)
    return decisive._replace(judged=both)


def _pool(of_sets: Sequence[Tested | str], names: Sequence[str]) -> Tested | str:
    """Return what all data sets say together, of those that can be tested."""
    tested = [found for found in of_sets if not isinstance(found, str)]
    reasons: dict[str, list[str]] = {}
    for name, found in zip(names, of_sets, strict=True):
        if isinstance(found, str):
            reasons.setdefault(found, []).append(name)
    missing = [
        reason if len(of) == len(of_sets) else f"{', '.join(of)}: {reason}"
        for reason, of in reasons.items()
    ]
    if not tested:
        return "; ".join(missing)
    pooled = _weigh_all(tested)
    return pooled._replace(note="; ".join(filter(None, (pooled.note, *missing))))


def _by_part(each: Sequence[Judgement]) -> Iterator[list[Tested | str]]:
    for parts in zip(*(judgement.parts for judgement in each), strict=True):
        yield list(parts)


def _where(sets: Sequence[Effects]) -> dict[str, str]:
    """Return the names of dataset and backbone; `all` for several."""
    datasets, backbones = ({getattr(e, n) for e in sets} for n in ("dataset", "backbone"))
    one, other = (names.pop() if len(names) == 1 else ALL for names in (datasets, backbones))
    return {"dataset": one, "backbone": other}


def _count_sets(tested: Sequence[Tested]) -> dict[str, Any]:
    """Return on how many sets a claim is tested and borne out, and the spread of its effects."""
    effects = [float(each.judged.estimate.effect) for each in tested]
    spread = float(np.std(effects, ddof=1)) if len(effects) >= FEWEST_SETS else None
    borne_out = sum(each.judged.supported <= LEVEL for each in tested)
    alike = len({each.metric for each in tested}) == 1
    return {
        "n_sets": len(tested),
        "n_sets_supported": borne_out,
        "spread": spread if alike else None,
    }


def _correct(rows: Sequence[dict[str, Any]]) -> None:
    """Correct the primary verdicts over the claims of a paper, in place."""
    primary = [r for r in rows if r["is_primary"] and r["part"] == 0 and r["p"] is not None]
    for paper in {row["paper"] for row in primary}:
        members = [row for row in primary if row["paper"] == paper]
        corrected = correct_holm([row["p"] for row in members])
        for row, p in zip(members, corrected, strict=True):
            row["p_holm"] = float(p)
            if p > LEVEL:
                row["verdict"] = "inconclusive"
                open_by = "open once corrected for the other claims"
                open_by = open_by if row["p"] <= LEVEL else "the evidence leaves it open"
                row["reason"] = row["reason"] or open_by


def _say_score(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row that says where its score is another one than the paper's."""
    if row["score"] in ("", "accuracy") or row["paper"] == STUDY:
        return row
    if row["part"] > 0 or row["verdict"] == VERDICTS[-1]:
        return row
    note = f"judged on {WORDS[row['score']]}, where the paper has accuracy"
    return {**row, "reason": "; ".join(filter(None, (note, row["reason"])))}


def _is_of_accuracy(claim: Claim) -> bool:
    return any(ACCURACIES & set(part.metrics) for part in claim.parts)


def _find_scopes(claim: Claim) -> tuple[str, ...]:
    """Return in which scopes a claim is judged: on weights twice, on others once."""
    tables = {find_table(metric) for part in claim.parts for metric in part.metrics}
    if tables == {"measurements"}:
        return ("measurements",)
    return ("scores",) if tables <= {"scores", "measurements"} else ("body", "all")


def _make_any_row(scope: str, found: Tested | str, of_several: bool) -> dict[str, Any]:
    if isinstance(found, str):
        return _make_untested_row(scope, found)
    row = _make_row(scope, found)
    # What a part says by itself is no longer what the whole rests on.
    return {**row, "p_sign_flip": None} if of_several else row


def _make_row(scope: str, tested: Tested) -> dict[str, Any]:
    judged, estimate = tested.judged, tested.judged.estimate
    p = min(judged.supported, judged.contradicted)
    numbers = _estimate_columns(estimate)
    if tested.test == "equivalence":
        numbers["p_sign_flip"] = None  # flips ask whether there is an effect, not how large it is
    leaning = "supported" if judged.supported <= judged.contradicted else "contradicted"
    return {
        "scope": scope,
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
    return {**words, **numbers, "part": 0, "n_seeds": 0, "verdict": VERDICTS[-1]}


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
