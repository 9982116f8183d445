"""The answer to the study's question in plain words, for every dataset and backbone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from weightscape.comparison.effects import Effects, Tables, effects_of
from weightscape.comparison.likeness import MIN_RELIABILITY
from weightscape.config.families import CONTROL, TWIN
from weightscape.config.score import BESIDE
from weightscape.figures.style import FAMILIES
from weightscape.report.families import YARDSTICK, Interval, shifted_effects
from weightscape.report.nearest import FamilyLikeness, find_asked, find_likenesses, find_nearest
from weightscape.report.sentences import (
    UNKNOWN,
    say_certainty,
    say_nearest,
    say_relation,
    say_scores,
    say_shifted,
)
from weightscape.report.silence import explain_silence
from weightscape.report.words import of_seeds


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
        Its rows, by family: `family`, by metric `likeness` and `explained` (the share of its
        pattern that the amount of training explains), `shifted`, `beside`, `conditions`.
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
        The tables runs, scores, likeness and relations, and influences if there are any.
    """
    influences = tables.get("influences", pd.DataFrame())
    given = Tables(tables["runs"], scores=tables["scores"], influences=influences)
    return [
        _answer(
            effects,
            _of(tables["runs"], effects),
            _of(tables["likeness"], effects),
            _of(tables["relations"], effects),
        )
        for effects in effects_of(given, ())
    ]


def _of(table: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    here = (table["dataset"] == effects.dataset) & (table["backbone"] == effects.backbone)
    found: pd.DataFrame = table[here]
    return found


def _answer(
    effects: Effects, runs: pd.DataFrame, likeness: pd.DataFrame, relations: pd.DataFrame
) -> Answer:
    score, beside = effects.accuracy, BESIDE.get(effects.accuracy, "")
    by_metric, of_score = find_likenesses(likeness), shifted_effects(effects, score)
    nearest = find_nearest(by_metric)
    n_seeds = int(runs["seed"].nunique())
    if nearest is None:
        why = explain_silence(runs, by_metric, n_seeds)
        like, sure = (UNKNOWN, why), ("Not sure", f"It rests on {of_seeds(n_seeds)}.")
    else:
        like, sure = say_nearest(nearest), say_certainty(nearest, n_seeds)
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
        say_shifted(nearest, score, of_score, say_relation(relations, metric, score)),
        say_scores(effects, score, beside) if beside and of_score else "",
        metrics,
        _rows(runs, by_metric, of_score, shifted_effects(effects, beside)),
    )


def _rows(
    runs: pd.DataFrame,
    by_metric: Mapping[str, Mapping[str, FamilyLikeness]],
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
            "explained": {
                metric: _find_explained(name, of) for metric, of in find_asked(by_metric).items()
            },
            "shifted": of_score.get(name),
            "beside": beside.get(name),
            "is_yardstick": name == YARDSTICK,
            "is_twin": name == TWIN,
            "is_control": name == CONTROL,
        }
        for name in names
    ]


def _find_explained(family: str, of: Mapping[str, FamilyLikeness]) -> float | None:
    """Return the share of a family's pattern that the amount explains; None without a pattern."""
    if family == YARDSTICK:
        found = next((each.yardstick for each in of.values()), None)
    else:
        found = of[family].own if family in of else None
    return found.explained if found and found.raw >= MIN_RELIABILITY else None
