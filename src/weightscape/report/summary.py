"""The last word of a study: a few lines for the terminal."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap

import pandas as pd

from weightscape.comparison.arrays import ALL, Axes
from weightscape.comparison.choice import settle
from weightscape.comparison.crossed import Crossed, estimate_crossed
from weightscape.comparison.quantities import find_score
from weightscape.comparison.scored import crossed_accuracies
from weightscape.config.score import BESIDE, WORDS
from weightscape.report.answer import answers
from weightscape.report.claims import list_counts, read_claims
from weightscape.report.failures import find_failures, find_unmeasured

ROWS = 12
"""Conditions to show; of more, those with the largest effects on the shifted score."""

WIDTH = 100
"""Characters of a line of words."""


def summarise(tables: Mapping[str, pd.DataFrame], folder: Path) -> str:
    """Return what a study found, a line per condition, and where its tables and figures are.

    Parameters
    ----------
    tables : mapping
        The tables runs, scores, comparisons, likeness, relations and claims, and where there are
        any measurements and influences. Without the last, intervals are over the seeds alone.
    folder : Path
        Where the study's results lie.
    """
    count, tables = len(tables["runs"]), settle(tables)
    runs, nothing = tables["runs"], pd.DataFrame(columns=["dataset", "backbone"])
    influences = tables.get("influences", nothing)
    score = find_score(runs)
    beside = BESIDE.get(score)
    shown = [score, *([beside] if beside else [])]
    lines = [f"{folder.name}: {count} runs, {runs['seed'].nunique()} seeds."]
    sampled = "seeds and test images" if len(influences) else "seeds"
    for failures in find_failures(runs):
        lost = len(failures.runs)
        lines += ["", f"{failures.name}: {lost} {'run' if lost == 1 else 'runs'} failed."]
        lines += [f"  {run}" for run in failures.runs]
        lines.append(f"  not judged for it: {', '.join(failures.unjudged)}")
    for unmeasured in find_unmeasured(tables.get("measurements"), runs):
        lines += ["", f"{unmeasured.name}: not all could be measured."]
        lines += [f"  {line}" for line in unmeasured.lines]
    for cell, part in runs.groupby(["dataset", "backbone"], sort=False):
        of_cell = pd.Series(cell, ["dataset", "backbone"])
        heads = [f"on shifted {WORDS[name]}" if beside else "on shifted" for name in shown]
        lines += [
            "",
            f"{cell[1]} on {cell[0]}: {WORDS[score]} in %, mean ± its 95 % t interval over"
            f" {sampled}; effects against the reference with theirs",
            f"{'condition':<22}{'test':>12}{'shifted':>13}"
            + "".join(f"{head:>30}" for head in heads)
            + f"{'on log norm':>32}",
            *_rows(
                part,
                _of(tables["scores"], of_cell),
                _of(influences, of_cell),
                _of(tables["comparisons"], of_cell),
                shown,
            ),
        ]
    lines += ["", *_say_answers(tables), *_count_claims(tables["claims"])]
    lines += [
        "",
        "shifted: mean over all shifts; log norm: mean log10 ‖W‖² of the layers below the head.",
        f"tables   {folder}/tables/*.parquet",
        f"figures  {folder}/figures/*.png",
        f"report   {folder}/report.html",
    ]
    return "\n".join(lines) + "\n"


def _say_answers(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return which family is most like dropout, and how sure that is, as the report says it."""
    lines = []
    for answer in answers(tables):
        start = f"most like dropout in the weights of {answer.backbone} on {answer.dataset}"
        lines.append(f"{start}: {answer.like[0]} ({answer.sure[0].lower()})")
        lines += wrap(answer.like[1], WIDTH, initial_indent="  ", subsequent_indent="  ")
    return lines


def _count_claims(claims: pd.DataFrame) -> list[str]:
    """Return how many claims have each verdict, and extensions of them apart."""
    found = read_claims(claims)
    lines = [f"claims, {found.name}: {list_counts(found.stated.counts)}"] if len(claims) else []
    if extensions := list_counts(found.extensions.counts):
        lines.append(f"extensions to other doses or kinds, or a fixed k: {extensions}")
    return lines


def _of(table: pd.DataFrame, cell: pd.Series) -> pd.DataFrame:
    return table[(table[list(cell.index)] == cell).all(axis=1)]


def _rows(
    runs: pd.DataFrame,
    scores: pd.DataFrame,
    influences: pd.DataFrame,
    comparisons: pd.DataFrame,
    shown: Sequence[str],
) -> list[str]:
    """Return a line per condition: the first of the `shown` scores, and the effects on all."""
    axes = Axes(list(dict.fromkeys(runs["condition"])), sorted(set(runs["seed"])))
    found = crossed_accuracies(scores, influences, axes, shown[0])
    iid, shifted = (_spell_each(found[name]) for name in ("iid", "shifted"))
    of_all = comparisons[comparisons["shift"] == ALL]
    on_shifted = [of_all[of_all["metric"] == name].set_index("condition") for name in shown]
    on_norm = comparisons[
        (comparisons["scope"] == "body")
        & (comparisons["stage"] == "finetuned")
        & (comparisons["metric"] == "log_norm")
    ].set_index("condition")
    names = axes.conditions
    if len(names) > ROWS:
        largest = on_shifted[0]["effect"].abs().nlargest(ROWS).index
        names = [name for name in names if name in largest]
    return [
        f"{name:<22}{on_iid:>12}{on_shift:>13}"
        + "".join(f"{_interval(effects, name, 100, 1):>30}" for effects in on_shifted)
        + f"{_interval(on_norm, name, 1, 4):>32}"
        for name, on_iid, on_shift in zip(axes.conditions, iid, shifted, strict=True)
        if name in names
    ]


def _spell_each(scores: Crossed) -> list[str]:
    """Return the mean of every condition in %, ± half of its interval."""
    found = estimate_crossed(scores)
    return [
        "–"
        if math.isnan(mean)
        else f"{100 * mean:.1f}" + ("" if math.isnan(high) else f" ± {100 * (high - mean):.1f}")
        for mean, high in zip(found.effect, found.high, strict=True)
    ]


def _interval(effects: pd.DataFrame, condition: str, factor: float, digits: int) -> str:
    if condition not in effects.index:
        return "–"
    effect, low, high = (
        factor * effects.loc[[condition], name].astype(float).iloc[0]
        for name in ("effect", "low", "high")
    )
    if math.isnan(effect):
        return "–"
    text = f"{effect:+.{digits}f}"
    return text if pd.isna(low) else f"{text} [{low:+.{digits}f}, {high:+.{digits}f}]"
