"""The answer to the study's question in plain words, for every dataset and backbone."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from weightscape.comparison.effects import (
    ALL,
    CONTROL,
    NO_CHOICE,
    TWIN,
    Effects,
    effects_of,
)
from weightscape.config.score import BESIDE, WORDS
from weightscape.figures.style import FAMILIES
from weightscape.report.families import (
    NONE,
    YARDSTICK,
    Interval,
    Nearest,
    find_nearest,
    likenesses,
    parted,
    shifted_effects,
)
from weightscape.report.words import decimals, listed, of_seeds, plain, points

UNKNOWN = "It cannot be told"

MANY = 3
"""Families beside the nearest that are still named in the short answer."""


class Answer(NamedTuple):
    """The answer for one dataset and backbone.

    Attributes
    ----------
    dataset, backbone : str
        Their names.
    score, beside : str
        The score that is meant by accuracy, and the one that stands beside it; empty if none does.
    n_seeds : int
        Seeds of the study there.
    like, sure, shifted : tuple of str
        To each of the three questions a few words, and why.
    scores : str
        What it means where the two scores part; empty with one.
    metrics : list of str
        The columns of the table beside.
    rows : list of dict
        Its rows, by family: `family`, `likeness` by metric, `shifted`, `beside`, `conditions`.
    """

    dataset: str
    backbone: str
    score: str
    beside: str
    n_seeds: int
    like: tuple[str, str]
    sure: tuple[str, str]
    shifted: tuple[str, str]
    scores: str
    metrics: list[str]
    rows: list[dict[str, Any]]


def answers(tables: Mapping[str, pd.DataFrame]) -> list[Answer]:
    """Return which family moves the weights most like dropout, and what comes with it.

    Parameters
    ----------
    tables : mapping
        The tables runs, scores, likeness and relations.
    """
    no_spectra = pd.DataFrame()
    return [
        _answer(
            effects,
            _of(tables["runs"], effects),
            _of(tables["likeness"], effects),
            _of(tables["relations"], effects),
        )
        for effects in effects_of(tables["runs"], no_spectra, tables["scores"], ())
    ]


def _of(table: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    here = (table["dataset"] == effects.dataset) & (table["backbone"] == effects.backbone)
    found: pd.DataFrame = table[here]
    return found


def _answer(
    effects: Effects, runs: pd.DataFrame, likeness: pd.DataFrame, relations: pd.DataFrame
) -> Answer:
    score, beside = effects.accuracy, BESIDE.get(effects.accuracy, "")
    by_metric, of_score = likenesses(likeness), shifted_effects(effects, score)
    nearest = find_nearest(by_metric)
    n_seeds = int(runs["seed"].nunique())
    if nearest is None:
        why = _silence(runs, likeness, by_metric, n_seeds)
        like, sure = (UNKNOWN, why), ("Not sure", f"It rests on {of_seeds(n_seeds)}.")
    else:
        like, sure = _like(nearest), _sure(nearest, n_seeds)
    metrics = list(by_metric)
    metric = nearest.metric if nearest else next(iter(metrics), "")
    return Answer(
        effects.dataset,
        effects.backbone,
        score,
        beside,
        n_seeds,
        like,
        sure,
        _shifted(nearest, score, of_score, _relation(relations, metric, score)),
        _scores(effects, score, beside) if beside and of_score else "",
        metrics,
        _rows(runs, by_metric, of_score, shifted_effects(effects, beside)),
    )


def _silence(
    runs: pd.DataFrame,
    likeness: pd.DataFrame,
    by_metric: Mapping[str, Mapping[str, Interval]],
    n_seeds: int,
) -> str:
    """Return why no family can be compared with the yardstick."""
    if YARDSTICK not in set(runs["family"]):
        return f"The study has no condition of the family {YARDSTICK} to compare others with."
    if n_seeds < 2:
        return "There is one seed; what a condition does and what chance does needs two to part."
    if not any(set(of) - {*NO_CHOICE} for of in by_metric.values()):
        return f"There is no other family that starts from the same weights as {YARDSTICK}."
    rows = likeness[(likeness["level"] == "family") & (likeness["one"] == YARDSTICK)]
    reasons = rows.loc[rows["limitation"] != "", "limitation"].value_counts()
    most = f" Most often: {reasons.index[0]}." if len(reasons) else ""
    return (
        f"In no metric do the effects of {YARDSTICK} and of another family both repeat themselves"
        f" from seed to seed well enough to be compared (reliability of .5).{most}"
    )


def _like(nearest: Nearest) -> tuple[str, str]:
    """Return the nearest family, and those not to be told apart from it, with its likeness."""
    metric, name = plain(nearest.metric), plain(nearest.family)
    start = "Layer by layer"
    if not nearest.is_alike:
        words = f"None: all act unlike {YARDSTICK}" if nearest.all_unlike else UNKNOWN
        start = f"The nearest is {name}: layer by layer"
    elif len(nearest.level) >= MANY:
        words = f"One of {len(nearest.level) + 1} families"
    else:
        words = _start(", or ".join(plain(family) for family in (name, *nearest.level)))
    return words, (
        f"{start}, the effect of {name} on {metric} has a likeness to that of {YARDSTICK} of"
        f" {_spelled(nearest.likeness, decimals)}; 1 is the same pattern, 0 an unrelated one, −1"
        f" its mirror image. By {metric} most families can be compared."
    )


def _sure(nearest: Nearest, n_seeds: int) -> tuple[str, str]:
    found, others = nearest.likeness, nearest.others
    notes = [f"It rests on {of_seeds(n_seeds)}."]
    if not math.isfinite(found.low):
        notes.append("An interval needs three.")
    elif found.low <= 0 <= found.high:
        notes.append(f"Its interval contains 0: it may not be like {YARDSTICK} at all.")
    apart = [family for family in others if family not in nearest.level]
    if nearest.level and math.isfinite(found.low):
        notes.append(f"Not to be told apart from it: {_with_values(others, nearest.level)}.")
    if apart:
        notes.append(f"Clearly less alike: {_with_values(others, apart)}.")
    if nearest.silent:
        noisy = listed([plain(name) for name in nearest.silent])
        notes.append(f"Too noisy to be compared: {noisy}.")
    by_chance = nearest.twin.value >= found.value
    if by_chance:
        notes.append(
            f"The twin, which does nothing, comes out at {_brief(nearest.twin)}: chance"
            " can do the same."
        )
    in_doubt = nearest.silent or by_chance or (nearest.is_alike and nearest.level)
    if not nearest.is_alike and not nearest.all_unlike:
        return "Not sure", " ".join(notes)
    return "Tentative" if in_doubt else "Clear", " ".join(notes)


def _with_values(likeness: Mapping[str, Interval], names: Sequence[str]) -> str:
    return listed([f"{plain(name)} {_brief(likeness[name])}" for name in names])


def _shifted(
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
    notes = [f"{_start(WORDS[score])} on shifted images is changed: {listed(changes)}."]
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
        words = words or ", ".join(f"{listed(which)}: {how}" for which, how in parts if which)
    return _start(plain(words)), " ".join([*notes, together]).strip()


def _scores(effects: Effects, score: str, beside: str) -> str:
    """Return which families move one score further than the other, and what that means."""
    one, other = WORDS[score], WORDS[beside]
    meaning = (
        f"{other} is how well shifted images are ordered, wherever the threshold between the"
        f" classes falls; {one} falls with a threshold in the wrong place, too."
    )
    found = parted(effects, score, beside)
    if not found:
        return f"{meaning} No family is shown to move one further than the other."
    more = listed([f"{plain(name)} by {_spelled(gap, points)}" for name, gap in found.items()])
    return (
        f"{meaning} The two part: on shifted images the effect on {one} differs from that on"
        f" {other}, of {more}. What one shows and the other does not comes from where the threshold"
        " falls, not from the order of the images."
    )


def _relation(relations: pd.DataFrame, metric: str, score: str) -> str:
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
    if found.low > 0 or found.high < 0:
        return f"{start}."
    return f"{start}: whether they go together is open."


def _rows(
    runs: pd.DataFrame,
    by_metric: Mapping[str, Mapping[str, Interval]],
    of_score: Mapping[str, Interval],
    beside: Mapping[str, Interval],
) -> list[dict[str, Any]]:
    """Return a row per family, control and twin last.

    The reference and the yardstick have no likeness.
    """
    compared = runs[runs["condition"] != runs["reference"]]
    members = compared.groupby("family", sort=False)["condition"].unique()
    order = [*FAMILIES, *members.index]
    names = sorted(
        members.index, key=lambda name: (name == TWIN, name == CONTROL, order.index(name))
    )
    return [
        {
            "family": name,
            "conditions": list(members[name]),
            "likeness": {metric: of.get(name) for metric, of in by_metric.items()},
            "shifted": of_score.get(name),
            "beside": beside.get(name),
            "is_yardstick": name == YARDSTICK,
            "is_twin": name == TWIN,
            "is_control": name == CONTROL,
        }
        for name in names
    ]


def _start(name: str) -> str:
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
