"""Why no family can be compared with dropout, in plain words."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from weightscape.comparison.amount import MOSTLY
from weightscape.comparison.evidence import explain_beyond
from weightscape.comparison.likeness import MIN_RELIABILITY
from weightscape.comparison.quantities import complete_runs
from weightscape.report.families import YARDSTICK
from weightscape.report.nearest import FamilyLikeness, find_asked
from weightscape.report.words import decimals, list_words, percent, plain

NO_MORE = "no more than less training does"
"""What is shown of families of which nothing is left without the amount of training."""

Likenesses = Mapping[str, Mapping[str, FamilyLikeness]]
"""By metric, the likeness of every family to the yardstick."""


def explain_silence(runs: pd.DataFrame, by_metric: Likenesses, n_seeds: int) -> str:
    """Return why no family can be compared with the yardstick.

    Parameters
    ----------
    runs : pandas.DataFrame
        The table of this name, of one dataset and backbone.
    by_metric : mapping
        What `find_likenesses` gives.
    n_seeds : int
        Seeds of the study there.
    """
    if YARDSTICK not in set(runs["family"]):
        return f"The study has no condition of the family {YARDSTICK} to compare others with."
    if n_seeds < 2:
        return "There is one seed; what a condition does and what chance does needs two to part."
    asked = {metric: of for metric, of in find_asked(by_metric).items() if of}
    if not asked:
        if (complete_runs(runs)["status"] != "ok").any():
            return (
                "Runs failed, and conditions are not judged on the rest of theirs: none is left to"
                f" compare with {YARDSTICK}."
            )
        return f"There is no other family that starts from the same weights as {YARDSTICK}."
    measured = {
        metric: [*of.values()]
        for metric, of in asked.items()
        if any(found.is_measured for found in of.values())
    }
    if not measured:
        every = [found for of in asked.values() for found in of.values()]
        return (
            "Two families that only train less leave the same pattern, and what they do beside that"
            f" is not known here: {_find_reason(every)}."
        )
    for metric, found in measured.items():
        if found[0].yardstick.is_left:
            return _say_others(metric, asked[metric])
    for metric, found in measured.items():
        if found[0].yardstick.raw >= MIN_RELIABILITY:
            return _say_yardstick(metric, found[0])
    return (
        f"In no metric does what {YARDSTICK} does repeat itself from seed to seed, with the amount"
        f" of training in it or without (reliability below {MIN_RELIABILITY:g})."
    )


def explain_silent(silent: Mapping[str, FamilyLikeness]) -> str:
    """Return why some families are not compared where others are; empty where all are."""
    nothing = [plain(family) for family, found in silent.items() if not found.own.is_left]
    notes = []
    if nothing:
        notes.append(
            f"Of {list_words(nothing)} nothing that repeats itself is left: shown is {NO_MORE}."
        )
    notes += [
        f"Not compared: {plain(family)} ({found.limitation or 'no likeness'})."
        for family, found in silent.items()
        if found.own.is_left
    ]
    return " ".join(notes)


def _say_yardstick(metric: str, found: FamilyLikeness) -> str:
    """Return that nothing is left of the yardstick itself."""
    return (
        f"What {YARDSTICK} is shown to do along the network is {NO_MORE}: the amount of training"
        f" explains {percent(found.yardstick.explained)} of its pattern on {plain(metric)}, and"
        " what is left does not repeat itself from seed to seed (reliability"
        f" {decimals(found.yardstick.left)}, where {decimals(MIN_RELIABILITY)} is needed)."
    )


def _say_others(metric: str, asked: Mapping[str, FamilyLikeness]) -> str:
    """Return why none of the other families is compared, though something of the yardstick is."""
    if found := {family: each for family, each in asked.items() if each.own.is_left}:
        # Both repeat themselves and are not compared: one goes further than the controls.
        family, each = next(iter(found.items()))
        name = YARDSTICK if each.yardstick.explained > MOSTLY else plain(family)
        return f"By {plain(metric)}, {explain_beyond(name)}."
    shares = [
        f"{percent(each.own.explained)} of {plain(family)}"
        for family, each in asked.items()
        if math.isfinite(each.own.explained)
    ]
    explained = f" The amount of training explains {list_words(shares)}." if shares else ""
    return (
        f"What {YARDSTICK} does to {plain(metric)} along the network beside more or less training"
        " repeats itself from seed to seed, and what other families do beside it does not: what"
        f" they are shown to do is {NO_MORE}.{explained}"
    )


def _find_reason(every: Iterable[FamilyLikeness]) -> str:
    """Return the most frequent limitation."""
    counted = Counter(found.limitation for found in every if found.limitation)
    reason = counted.most_common(1)[0][0] if counted else "no value in every run"
    return f"the study {reason}" if reason.startswith("needs ") else reason
