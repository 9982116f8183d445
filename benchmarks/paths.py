"""Paths of a training through a metric of the layers, for the worlds that are kept apart."""

from collections.abc import Callable

import numpy as np

from benchmarks.amounts import Array

STEPS = 500
"""Places of a path from the initial weights to the baseline."""

AT = np.arange(2 * STEPS + 1)[:, None] / STEPS
"""The places of a path, shape (places, 1)."""

Path = Callable[[int, np.random.Generator], Array]
"""From a number of layers to where the path is at every place, shape (places, layers)."""


def go_straight(layers: int, rng: np.random.Generator) -> Array:
    """Return a path in one direction."""
    return AT * rng.standard_normal(layers)


def grow(layers: int, rng: np.random.Generator) -> Array:
    """Return a path on which every layer goes with a power of the training of its own."""
    return np.asarray(rng.standard_normal(layers) * AT ** np.exp(rng.normal(0, 0.5, layers)))


def wander(layers: int, rng: np.random.Generator) -> Array:
    """Return a path whose velocity is, by halves, steady and a smooth random walk."""
    waves = 32
    rate = rng.normal(0, 1 / 0.3, (waves, 1, layers))
    phase = rng.uniform(0, 2 * np.pi, (waves, 1, layers))
    drift = np.sqrt(2 / waves) * np.cos(rate * AT + phase).sum(axis=0)
    velocity = rng.standard_normal(layers) + drift
    return np.asarray((np.cumsum(velocity, axis=0) - velocity[0]) / STEPS)


def go_in_phases(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that turns at a half and at three quarters, as where the rate is lowered."""
    first, second, third = rng.standard_normal((3, layers))
    early, middle = np.clip(AT, 0, 0.5), np.clip(AT - 0.5, 0, 0.25)
    return np.asarray(first * early + second * middle + third * np.clip(AT - 0.75, 0, None))


def swell_early(layers: int, rng: np.random.Generator) -> Array:
    """Return a straight path with a swelling that has gone down before the control stops."""
    change, swelling = rng.standard_normal((2, layers))
    return np.asarray(AT * change + swelling * np.exp(-(((AT - 0.45) / 0.12) ** 2) / 2))


def turn_late(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that turns where the baseline stops."""
    change, later = rng.standard_normal((2, layers))
    return np.asarray(AT * change + np.clip(AT - 1, 0, None) * later)


def bow(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that leaves in one direction, and curves into another."""
    first, second = rng.standard_normal((2, layers))
    return np.asarray(np.sin(1.2 * AT) * first + (1 - np.cos(1.2 * AT)) * second)


def come_back(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that goes out and, but for little, back: training as a whole does nothing."""
    out, rest = rng.standard_normal((2, layers))
    return np.asarray(np.sin(np.pi * AT) * out + 0.05 * AT * rest)


def train_head_first(layers: int, rng: np.random.Generator) -> Array:
    """Return a path on which layers set out one after the other, the last one first."""
    start = np.linspace(0.5, 0, layers) + rng.uniform(0, 0.1, layers)
    gone = np.clip((AT - start) / rng.uniform(0.4, 0.9, layers), 0, 1)
    return np.asarray(rng.standard_normal(layers) * gone**2 * (3 - 2 * gone))


def settle(layers: int, rng: np.random.Generator) -> Array:
    """Return a path on which every layer overshoots and swings, ever less, about its end."""
    decay, rate = rng.uniform(2, 5, layers), rng.uniform(3, 9, layers)
    return np.asarray(rng.standard_normal(layers) * (1 - np.exp(-decay * AT) * np.cos(rate * AT)))


def follow_schedule(layers: int, rng: np.random.Generator) -> Array:
    """Return a path of a warm-up and half a cosine, which goes on at a tenth of the highest rate.

    Layers drift by the sum of the rates; the rate itself holds them off, and lets go at the end.
    """
    change, held = rng.standard_normal((2, layers))
    cosine = (1 + np.cos(np.pi * np.clip(AT, 0, 1))) / 2
    rate = np.clip(AT / 0.1, 0, 1) * (0.1 + 0.9 * cosine)
    return np.asarray((np.cumsum(rate, axis=0) - rate[0]) / STEPS * change + 0.2 * rate * held)


def wait_and_drop(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that creeps, and on which every layer drops once, most about the middle."""
    creep, drop = rng.standard_normal((2, layers))
    time, width = rng.normal(0.5, 0.1, layers), rng.uniform(0.03, 0.1, layers)
    fallen = (1 + np.tanh((AT - time) / width)) / 2
    return np.asarray(0.3 * AT * creep + (fallen - fallen[0]) * drop)


def spiral(layers: int, rng: np.random.Generator) -> Array:
    """Return a path that winds outwards in two planes, in one faster than in the other."""
    one, two, three, four = rng.standard_normal((4, layers))
    slow = np.cos(1.5 * AT) * one + np.sin(1.5 * AT) * two
    fast = np.cos(4 * AT) * three + np.sin(4 * AT) * four
    return np.asarray(AT * (slow + 0.4 * fast))


def diffuse(layers: int, rng: np.random.Generator) -> Array:
    """Return the logarithm of a squared norm: weights drift, and diffuse, as every layer does."""
    sign = rng.choice([-1.0, 1.0], layers)
    drift, diffusion = np.exp(rng.normal(0, 1, (2, layers)))
    return np.asarray(sign * np.log1p(diffusion * AT + drift * AT**2))
