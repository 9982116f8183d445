"""Planned studies, and studies that are drawn from them with the noise they are planned for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from weightscape.comparison.crossed import Crossed
from weightscape.comparison.design import design_study
from weightscape.comparison.effects import Effects

CONDITIONS: dict[str, tuple[str, float | None]] = {
    "baseline": ("baseline", None),
    "twin": ("null", None),
    "control": ("control", None),
    "dropout-0.5": ("dropout", 0.5),
    "dropout-0.7": ("dropout", 0.7),
    "dropout-0.9": ("dropout", 0.9),
    "weight_decay": ("weight_decay", None),
    "noise-0.1": ("noise", 0.1),
    "noise-0.3": ("noise", 0.3),
}
"""Family and dose of every condition."""


def rows(
    conditions: Mapping[str, tuple[str, float | None]] = CONDITIONS,
    cell: Mapping[str, str] | None = None,
    **about: Any,
) -> list[dict[str, Any]]:
    """Return what a study of these conditions knows of its runs beforehand."""
    return [
        {
            **(cell or {"dataset": "d", "backbone": "b"}),
            "condition": name,
            "stands_for": name,
            "seed": 1,
            "family": family,
            "dose": dose,
            "reference": "baseline",
            **about,
        }
        for name, (family, dose) in conditions.items()
    ]


def design(**options: Any) -> Effects:
    """Return the effects of a planned study of one data set, see `design_study`."""
    [found] = design_study(rows(**options), ["log_norm"], [], ["d"])
    return found.effects


def draw(
    planned: Effects,
    n_seeds: int,
    rng: np.random.Generator,
    moved: Mapping[str, float] | None = None,
    own: float = 0.0,
) -> Effects:
    """Return the effects in one study as it was planned, whose noise has the standard deviation 1.

    Parameters
    ----------
    planned : Effects
        See `design`.
    n_seeds : int
        Its seeds.
    rng : numpy.random.Generator
        Draws the runs.
    moved : mapping, optional
        What conditions add to every metric.
    own : float, optional
        How far fine-tuning itself moves the reference.
    """
    # The difference of two runs, not a run itself, has a variance of 1.
    runs = rng.normal(0, np.sqrt(0.5), (len(planned.seeds), n_seeds))
    added = [(moved or {}).get(name, 0.0) for name in planned.conditions["condition"]]

    def weigh(coefficients: np.ndarray, shift: Any) -> np.ndarray:
        values = np.tensordot(coefficients, runs, axes=(1, 0)) + shift
        return np.moveaxis(values, -1, 1)

    of_layers = np.array(added)[:, None, None]
    return replace(
        planned,
        seeds=list(range(n_seeds)),
        weights={key: weigh(each, of_layers) for key, each in planned.weights.items()},
        own={key: weigh(each, own) for key, each in planned.own.items()},
        scores={
            key: Crossed(each.values @ runs + np.array(added)[:, None])
            for key, each in planned.scores.items()
        },
    )
