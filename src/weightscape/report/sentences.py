"""The sentences of the answer: what the numbers of the families say."""

import math
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from weightscape.comparison.arrays import ALL
from weightscape.comparison.effects import Effects
from weightscape.comparison.weightiest import rests_on_part
from weightscape.config.families import TWIN
from weightscape.config.score import WORDS
from weightscape.report.families import NONE, YARDSTICK, Interval, find_parting
from weightscape.report.nearest import FamilyLikeness, Nearest
from weightscape.report.silence import explain_silent
from weightscape.report.words import decimals, list_words, of_seeds, percent, plain, points

UNKNOWN = "It cannot be told"

MANY = 3
"""Families beside the nearest that are still named in the short answer."""


def say_nearest(nearest: Nearest) -> tuple[str, str]:
    """Return the nearest family, and those not to be told apart from it, with its likeness."""
    metric, name, found = plain(nearest.metric), plain(nearest.family), nearest.likeness
    start = "Layer by layer"
    if not nearest.is_alike:
        words = f"None: all act unlike {YARDSTICK}" if nearest.all_unlike else UNKNOWN
        start = f"The nearest is {name}: layer by layer"
    elif len(nearest.level) >= MANY:
        words = f"One of {len(nearest.level) + 1} families"
    else:
        words = _capitalise(", or ".join(plain(family) for family in (name, *nearest.level)))
    return words, (
        f"{start}, what {name} does to {metric} beside more or less training has a likeness to what"
        f" {YARDSTICK} does beside it of {_spelled(found.left, decimals)}; 1 is the same pattern, 0"
        f" an unrelated one, −1 its mirror image. {_say_amount(name, found)} By {metric} most"
        " families can be compared."
    )


def say_certainty(nearest: Nearest, n_seeds: int) -> tuple[str, str]:
    """Return how sure it is that this family is the nearest, and why."""
    found, others = nearest.likeness.left, nearest.others
    notes = [f"It rests on {of_seeds(n_seeds)}."]
    if not math.isfinite(found.low):
        notes.append("An interval needs three.")
    elif not nearest.all_unlike and nearest.corrected.low <= 0 <= nearest.corrected.high:
        notes.append(f"{_say_correction(nearest)}: it may not be like {YARDSTICK} at all.")
    apart = [family for family in others if family not in nearest.level]
    if nearest.level and math.isfinite(found.low):
        notes.append(f"Not to be told apart from it: {_with_values(others, nearest.level)}.")
    if apart:
        notes.append(f"Clearly less alike: {_with_values(others, apart)}.")
    if nearest.silent:
        notes.append(explain_silent(nearest.silent))
    by_chance = nearest.twin.value >= found.value
    if by_chance:
        notes.append(
            f"The twin, which does nothing, comes out at {_brief(nearest.twin)}: chance"
            " can do the same."
        )
    if nearest.rests_on_layer:
        rest = nearest.likeness.correct_without(nearest.n_compared)
        notes.append(_say_rest("layer", nearest.likeness.layer, rest))
    if nearest.is_alike:
        notes.append(
            "Where a training turns beyond the controls, or between them, its turn looks the same."
        )
    if not nearest.is_alike and not nearest.all_unlike:
        return "Not sure", " ".join(notes)
    in_doubt = nearest.is_alike or nearest.silent or by_chance or nearest.rests_on_layer
    return "Tentative" if in_doubt else "Clear", " ".join(notes)


def _say_amount(name: str, found: FamilyLikeness) -> str:
    """Return the likeness with the amount of training in it, and what that explains."""
    raw = _brief(found.raw) if math.isfinite(found.raw.value) else "not known"
    return (
        f"With the amount of training in it the likeness is {raw}; that amount"
        f" explains {percent(found.own.explained)} of the pattern of {name} and"
        f" {percent(found.yardstick.explained)} of that of {YARDSTICK}."
    )


def _say_correction(nearest: Nearest) -> str:
    """Return that the interval contains 0, corrected for the families that are compared."""
    ends = _brief(nearest.corrected)
    if nearest.n_compared == 1:
        return f"Its interval contains 0, {ends}"
    return (
        f"Corrected for the {nearest.n_compared} families compared, its interval contains 0, {ends}"
    )


def _say_rest(kind: str, part: str, without: Interval) -> str:
    """Return that a finding rests on one part, and what it is without it."""
    rest = f"be {_brief(without)}" if math.isfinite(without.value) else "not be told"
    return f"It rests on one {kind}: without {part} it would {rest}."


def _with_values(likeness: Mapping[str, FamilyLikeness], names: Sequence[str]) -> str:
    return list_words([f"{plain(name)} {_brief(likeness[name].left)}" for name in names])


def say_shifted(
    nearest: Nearest | None, score: str, effects: Mapping[str, Interval], together: str
) -> tuple[str, str]:
    """Return whether the nearest family, or families, are better on shifted images.

    The twin stands beside; `together` says how effects on weights and on the score go together.
    """
    if not effects:
        return UNKNOWN, "The study tests on no shifted images."
    if nearest is None:
        return UNKNOWN, f"No family is known to be the nearest. {together}".strip()
    named = [nearest.family, *nearest.level[: MANY - 1]]
    changes = [f"{plain(name)} by {_spelled(effects.get(name, NONE), points)}" for name in named]
    notes = [f"{_capitalise(WORDS[score])} on shifted images is changed: {list_words(changes)}."]
    twin = effects.get(TWIN, NONE)
    if math.isfinite(twin.value):
        notes.append(f"The twin, which differs in chance alone: {_spelled(twin, points)}.")
    else:
        notes.append("There is no twin, so that what chance alone does is not known.")
    better = [name for name in named if effects.get(name, NONE).low > 0]
    worse = [name for name in named if effects.get(name, NONE).high < 0]
    words = UNKNOWN
    if nearest.is_alike and (better or worse):
        words = "Yes" if better == named else "No, worse" if worse == named else ""
        parts = [(better, "better"), (worse, "worse")]
        words = words or ", ".join(f"{list_words(which)}: {how}" for which, how in parts if which)
    return _capitalise(plain(words)), " ".join([*notes, together]).strip()


def say_scores(effects: Effects, score: str, beside: str) -> str:
    """Return which families move one score further than the other, and what that means."""
    one, other = WORDS[score], WORDS[beside]
    meaning = (
        f"{other} is how well shifted images are ordered, wherever the threshold between the"
        f" classes falls; {one} falls with a threshold in the wrong place, too."
    )
    found = find_parting(effects, score, beside)
    if not found:
        return f"{meaning} No family is shown to move one further than the other."
    more = list_words([f"{plain(name)} by {_spelled(gap, points)}" for name, gap in found.items()])
    return (
        f"{meaning} The two part: on shifted images the effect on {one} differs from that on"
        f" {other}, of {more}. What one shows and the other does not comes from where the threshold"
        " falls, not from the order of the images."
    )


def say_relation(relations: pd.DataFrame, metric: str, score: str) -> str:
    """Return how effects on a metric of the weights and on the shifted score go together."""
    kept = (relations["scope"] == "body") & (relations["stage"] == "finetuned")
    kept &= (relations["metric"] == metric) & (relations["shift"] == ALL)
    rows = relations[kept & (relations["score"] == score)]
    if rows.empty:
        return ""
    row = rows.iloc[0]
    found = Interval(row["r"], row["low"], row["high"])
    if not math.isfinite(found.value):
        why = f" ({row['limitation']})" if row["limitation"] else ""
        return f"Whether effects on weights and on {WORDS[score]} go together is not known{why}."
    start = f"Over the {row['n_conditions']} conditions, effects on {plain(metric)} and on shifted"
    start += f" {WORDS[score]} correlate at {_spelled(found, decimals)}"
    rest = Interval(row["r_without"], row["low_without"], row["high_without"])
    rests = row["without_condition"] and rests_on_part(found, rest)
    note = f" {_say_rest('condition', row['without_condition'], rest)}" if rests else ""
    if found.low > 0 or found.high < 0:
        return f"{start}.{note}"
    return f"{start}: whether they go together is open.{note}"


def _capitalise(name: str) -> str:
    """Return a name as the first word of a sentence."""
    return name[:1].upper() + name[1:]


def _brief(found: Interval) -> str:
    ends = f" [{decimals(found.low)}, {decimals(found.high)}]" if found.low <= found.high else ""
    return decimals(found.value) + ends


def _spelled(found: Interval, form: Callable[[float], str]) -> str:
    unit = " percentage points" if form is points else ""
    if not math.isfinite(found.value):
        return "an unknown amount"
    if not found.low <= found.high:
        return f"{form(found.value)}{unit} (no interval)"
    return f"{form(found.value)}{unit} (95 % interval {form(found.low)} to {form(found.high)})"
