"""The last word of a study: a few lines for the terminal."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from weightscape.comparison.arrays import ALL
from weightscape.comparison.quantities import MEAN, find_accuracies, find_score
from weightscape.config.score import BESIDE, WORDS
from weightscape.report.failures import find_failures, find_unmeasured

ROWS = 12
"""Conditions to show; of more, those with the largest effects on the shifted score."""


def summarise(
    runs: pd.DataFrame,
    scores: pd.DataFrame,
    comparisons: pd.DataFrame,
    folder: Path,
    measurements: pd.DataFrame | None = None,
) -> str:
    """Return what a study found, a line per condition, and where its tables and figures are.

    Parameters
    ----------
    runs, scores, comparisons : pandas.DataFrame
        The tables of these names.
    folder : Path
        Where the study's results lie.
    measurements : pandas.DataFrame, optional
        The table of this name.
    """
    score = find_score(runs)
    beside = BESIDE.get(score)
    shown = [score, *([beside] if beside else [])]
    lines = [f"{folder.name}: {len(runs)} runs, {runs['seed'].nunique()} seeds."]
    for failures in find_failures(runs):
        count = len(failures.runs)
        lines += ["", f"{failures.name}: {count} {'run' if count == 1 else 'runs'} failed."]
        lines += [f"  {run}" for run in failures.runs]
        lines.append(f"  not judged for it: {', '.join(failures.unjudged)}")
    for unmeasured in find_unmeasured(measurements, runs):
        lines += ["", f"{unmeasured.name}: not all could be measured."]
        lines += [f"  {line}" for line in unmeasured.lines]
    for cell, part in runs.groupby(["dataset", "backbone"], sort=False):
        of_cell = pd.Series(cell, ["dataset", "backbone"])
        heads = [f"on shifted {WORDS[name]}" if beside else "on shifted" for name in shown]
        lines += [
            "",
            f"{cell[1]} on {cell[0]}: {WORDS[score]} in %, mean ± sd over seeds; effects against"
            " the reference with 95 % t intervals",
            f"{'condition':<22}{'test':>12}{'shifted':>13}"
            + "".join(f"{head:>30}" for head in heads)
            + f"{'on log norm':>32}",
            *_rows(part, _of(scores, of_cell), _of(comparisons, of_cell), shown),
        ]
    lines += [
        "",
        "shifted: mean over all shifts; log norm: mean log10 ‖W‖² of the layers below the head.",
        f"tables   {folder}/tables/*.parquet",
        f"figures  {folder}/figures/*.png",
        f"report   {folder}/report.html",
    ]
    return "\n".join(lines) + "\n"


def _of(table: pd.DataFrame, cell: pd.Series) -> pd.DataFrame:
    return table[(table[list(cell.index)] == cell).all(axis=1)]


def _rows(
    runs: pd.DataFrame, scores: pd.DataFrame, comparisons: pd.DataFrame, shown: Sequence[str]
) -> list[str]:
    """Return a line per condition: the first of the `shown` scores, and the effects on all."""
    each = find_accuracies(scores, runs)
    of_runs = each[each["shift"] == MEAN].set_index(["condition", "seed"])
    iid, shifted = (of_runs[name].dropna() for name in ("iid", "shifted"))
    of_all = comparisons[comparisons["shift"] == ALL]
    on_shifted = [of_all[of_all["metric"] == name].set_index("condition") for name in shown]
    on_norm = comparisons[
        (comparisons["scope"] == "body")
        & (comparisons["stage"] == "finetuned")
        & (comparisons["metric"] == "log_norm")
    ].set_index("condition")
    names = list(dict.fromkeys(runs["condition"]))
    if len(names) > ROWS:
        largest = on_shifted[0]["effect"].abs().nlargest(ROWS).index
        names = [name for name in names if name in largest]
    return [
        f"{name:<22}{_mean_sd(iid, name):>12}{_mean_sd(shifted, name):>13}"
        + "".join(f"{_interval(effects, name, 100, 1):>30}" for effects in on_shifted)
        + f"{_interval(on_norm, name, 1, 4):>32}"
        for name in names
    ]


def _mean_sd(scores: "pd.Series[float]", condition: str) -> str:
    if condition not in scores.index.get_level_values("condition"):
        return "–"
    values = 100 * scores.xs(condition, level="condition")
    return f"{values.mean():.1f}" + (f" ± {values.std():.1f}" if len(values) > 1 else "")


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
