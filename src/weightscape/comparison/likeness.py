"""Likeness of the layer profiles that conditions leave in the weights."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from weightscape.comparison.effects import Effects
from weightscape.comparison.layers import find_whole_layers
from weightscape.comparison.paired import Array, Estimate, jackknife
from weightscape.tables import likeness as schema
from weightscape.tables.table import from_arrays

MIN_RELIABILITY = 0.5
"""Below it a profile is too noisy for its likeness to another to mean anything."""

MIN_LAYERS = 3
"""Two points always lie on a line: a correlation over fewer layers than this says nothing."""


@dataclass(frozen=True)
class Likeness:
    """How alike profiles are; arrays of shape (profiles, profiles).

    Attributes
    ----------
    r : numpy.ndarray
        Mean over pairs of different seeds of Pearson's r; its diagonal is the reliability.
    corrected : numpy.ndarray
        r over the geometric mean of the reliabilities; NaN, to be read as inconclusive, where
        either is below `MIN_RELIABILITY`. It may leave [−1, 1] by chance; it is not clipped.
    r_without : numpy.ndarray
        r without each seed that there is, shape (profiles, profiles, seeds).
    without : numpy.ndarray
        The corrected r without each seed that there is, shape (profiles, profiles, seeds),
        whatever the reliabilities; NaN where one of them is not positive.
    """

    r: Array
    corrected: Array
    r_without: Array
    without: Array

    @property
    def reliability(self) -> Array:
        """The likeness of a profile to itself in another seed, shape (profiles,)."""
        return np.diagonal(self.r).copy()

    @property
    def estimate(self) -> Estimate:
        """The corrected r with its jackknife error."""
        return jackknife(self.corrected, self.without)


def likeness(effects: ArrayLike) -> Likeness:
    """Return how alike profiles are, free of shared noise and corrected for the rest.

    Effects of one seed share the noise of their reference's run, which alone correlates two
    conditions without any effect at about .5; so only pairs of different seeds are compared. Noise
    that is not shared weakens a correlation; dividing by the geometric mean of the reliabilities
    undoes that (Spearman 1904, doi:10.2307/1412159).

    Parameters
    ----------
    effects : array_like
        Shape (profiles, seeds, layers): what is compared in every seed and layer. Layers that have
        no value in some profile and seed are left out; a seed without any value in a profile is
        one that the profile lacks, and one that all lack is left out.

    Returns
    -------
    Likeness
        With NaN where no pair of seeds counts: a single seed, fewer than three layers, no spread.
    """
    profiles = np.asarray(effects, dtype=np.float64)
    profiles = profiles[:, np.isfinite(profiles).any(axis=(0, 2))]
    # All pairs of seeds once: means without a seed then only leave rows and columns out.
    pairs = _correlate_seeds(profiles[..., find_whole_layers(profiles)])
    r = _mean(pairs)
    seeds = profiles.shape[1]
    r_without, without = np.empty((2, *r.shape, seeds))
    for k in range(seeds):
        left = np.delete(np.delete(pairs, k, axis=2), k, axis=3)
        r_without[..., k] = _mean(left)
        # Whatever the reliability: a threshold that falls on one side with all seeds and on the
        # other without one would make the jackknife's spread one of the threshold.
        without[..., k] = _correct(r_without[..., k], 0.0)
    return Likeness(r, _correct(r, MIN_RELIABILITY), r_without, without)


def _correlate_seeds(profiles: Array) -> Array:
    """Return r of every two profiles' seeds, (profiles, profiles, seeds, seeds); NaN for equal."""
    count, seeds, layers = profiles.shape
    if layers < MIN_LAYERS:
        return np.full((count, count, seeds, seeds), np.nan)
    # Of unit vectors about zero, the product is Pearson's r; a profile without spread has none.
    centred = profiles - profiles.mean(axis=2, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    unit = centred / np.where(length > 0, length, np.nan)
    pairs: Array = np.einsum("akl,bml->abkm", unit, unit, optimize=True)
    # Both effects of one seed hold the noise of one run, that of their reference.
    pairs[:, :, np.arange(seeds), np.arange(seeds)] = np.nan
    return pairs


def _mean(pairs: Array) -> Array:
    """Return the mean over the pairs of seeds that count; NaN where none does."""
    found = np.isfinite(pairs)
    counted = found.sum(axis=(2, 3))
    total: Array = np.where(found, pairs, 0.0).sum(axis=(2, 3))
    return total / np.where(counted > 0, counted, np.nan)


def _correct(r: Array, least: float) -> Array:
    reliability = np.diagonal(r)
    # A reliability that is not positive has no root, and chance alone can make one negative.
    enough = (reliability >= least) & (reliability > 0)
    root = np.sqrt(np.where(enough, reliability, np.nan))
    return np.asarray(r / np.outer(root, root))


def group_families(effects: Effects) -> dict[str, np.ndarray]:
    """Return for every family which conditions are in it, shape (conditions,).

    Conditions without pre-training are in none: a study has them beside those with, and what they
    do to weights and scores is another question. Where there are no others, they are.
    """
    of = effects.conditions["family"].to_numpy()
    scratch = effects.conditions["from_scratch"].to_numpy(bool)
    meant = ~scratch if (~scratch & effects.comparable).any() else np.ones(len(of), bool)
    meant |= ~effects.comparable  # what has no effect on weights may have one on scores
    return {family: (of == family) & meant for family in dict.fromkeys(of[meant])}


def likeness_table(all_effects: Sequence[Effects]) -> pa.Table:
    """Return the likeness of any two conditions and any two families: the table `likeness`.

    A family's profile is the mean over its conditions. Conditions that have no effect on weights,
    for want of a reference with the same initial weights, are left out; `comparisons` has them.
    """
    rows = [row for effects in all_effects for row in _make_parts(effects)]
    return from_arrays(rows, schema.SCHEMA)


def _make_parts(effects: Effects) -> Iterator[dict[str, Any]]:
    usable = effects.comparable & (effects.conditions["limitation"] == "").to_numpy()
    names = effects.conditions["condition"].to_numpy()
    groups = {
        "condition": {name: names == name for name in names[usable]},
        "family": {
            name: of & usable for name, of in group_families(effects).items() if (of & usable).any()
        },
    }
    for (stage, metric), values in effects.weights.items():
        for scope in ("body", "all"):
            layers = effects.within(scope) & effects.counted[metric]
            for level, members in groups.items():
                if not members:
                    continue
                # The mean over a family's members weakens the noise of each of their runs; that
                # of the reference stays, and is why different seeds are compared.
                profiles = np.stack(
                    [values[of][..., layers].mean(axis=0) for of in members.values()]
                )
                yield {
                    "dataset": effects.dataset,
                    "backbone": effects.backbone,
                    "level": level,
                    "scope": scope,
                    "stage": stage,
                    "metric": metric,
                    **_make_columns(list(members), profiles, len(effects.seeds)),
                }


def _make_columns(names: list[str], profiles: Array, seeds: int) -> dict[str, Any]:
    found, whole = likeness(profiles), find_whole_layers(profiles)
    one, other = (index.ravel() for index in np.indices((len(names), len(names))))
    # Of a pair, a seed counts that both have: n_seeds is what the interval rests on.
    there = np.asarray(np.isfinite(profiles).any(axis=2))
    both = (there[:, None] & there[None]).sum(axis=2).ravel()
    estimate, reliability = found.estimate, found.reliability
    return {
        "one": np.array(names, dtype=object)[one],
        "other": np.array(names, dtype=object)[other],
        "r": found.r.ravel(),
        "reliability": reliability[one],
        "reliability_other": reliability[other],
        "likeness": found.corrected.ravel(),
        "low": estimate.low.ravel(),
        "high": estimate.high.ravel(),
        "pearson": _correlate_means(profiles[..., whole]).ravel(),
        "n_seeds": both,
        "n_layers": int(whole.sum()),
        "limitation": [
            _explain_limits(
                int(whole.sum()),
                len(whole),
                n,
                seeds,
                np.minimum(reliability[i], reliability[j]),
                estimate.error[i, j],
            )
            for i, j, n in zip(one, other, both, strict=True)
        ],
    }


def _correlate_means(profiles: Array) -> Array:
    """Return Pearson's r of every two mean profiles; NaN for those without spread."""
    found = np.isfinite(profiles)
    mean = np.where(found, profiles, 0.0).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    if mean.shape[1] < MIN_LAYERS:
        return np.full((len(mean), len(mean)), np.nan)
    centred = mean - mean.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit = centred / np.where(length > 0, length, np.nan)
    return np.asarray(unit @ unit.T)


def _explain_limits(
    layers: int, of: int, seeds: int, of_seeds: int, reliability: float, error: float
) -> str:
    notes = []
    if layers < MIN_LAYERS:
        notes.append(f"{layers} layers, too few for a profile")
    elif layers < of:
        notes.append(f"{of - layers} of {of} layers left out: no value in every run")
    if seeds < 2:
        notes.append(f"seeds: {seeds}, two are needed")
    elif seeds < of_seeds:
        notes.append(f"{seeds} of {of_seeds} seeds")
    if layers >= MIN_LAYERS and seeds >= 2:
        if np.isnan(reliability):
            notes.append("a profile is the same in all layers")
        elif reliability < MIN_RELIABILITY:
            notes.append(f"a reliability is below {MIN_RELIABILITY}: inconclusive")
        elif np.isnan(error):
            notes.append("two seeds: no interval")
    return "; ".join(notes)
