"""Convolutions in which a known thing changes, and the spectrum of what they do to images."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""The entries (positions, outputs, inputs) of a 3×3 convolution."""

GRID = 6
"""Side of the images that an operator acts on, in pixels; its frequencies along an axis."""
_SIDE = 3
_CENTRE = 4
_PROFILE = np.array([0.6, 0.85, 0.6, 0.85, 1.6, 0.85, 0.6, 0.85, 0.6])
_BLUR = np.outer([1, 2, 1], [1, 2, 1]).ravel() / 6.0  # of norm one


class World(NamedTuple):
    """What convolutions are like.

    Attributes
    ----------
    profile : ndarray
        Standard deviation of noise by position: in trained layers the centre is the strongest.
    share : float
        How many directions are learnt, of the smaller side.
    tail : float
        The singular values of what is learnt fall as their number to minus this power.
    is_mixed : bool
        Whether chance mixes channels besides adding noise.
    """

    profile: Array = _PROFILE
    share: float = 0.25
    tail: float = 0.7
    is_mixed: bool = True


WORLDS = {
    "usual": World(),
    "chance is noise alone": World(is_mixed=False),
    "noise is the same at all positions": World(profile=np.ones(_SIDE**2)),
    "more is learnt": World(share=0.6, tail=0.5),
    "few strong directions are learnt": World(share=0.5, tail=1.0),
}
"""Worlds by their names; in the first the changes are shown one by one."""
USUAL = WORLDS["usual"]


def trained(outputs: int, inputs: int, rng: np.random.Generator, world: World = USUAL) -> Array:
    """Return a convolution of Frobenius norm one: half noise, half directions with kernels.

    A direction is an output channel's pattern times an input channel's times a kernel; of the
    kernels every other one is a blur.
    """
    count = round(world.share * min(outputs, inputs))
    left, right = (np.linalg.qr(rng.normal(size=(n, count)))[0] for n in (outputs, inputs))
    kernels = rng.normal(size=(count, _SIDE**2)) / _SIDE
    kernels[::2] = _BLUR + 0.5 * kernels[::2]
    kernels /= np.linalg.norm(kernels, axis=1, keepdims=True)
    strength = np.arange(1.0, count + 1) ** -world.tail
    learnt = np.einsum("op,p,pk,ip->koi", left, strength, kernels, right, optimize=True)
    noise = _noise((_SIDE**2, outputs, inputs), rng, world.profile)
    return _unit(_unit(noise) + _unit(learnt))


def chance(values: Array, rng: np.random.Generator, world: World = USUAL) -> Array:
    """Return what another training has differently by chance, of Frobenius norm one.

    A third each is noise, outputs that mix and inputs that mix, which moves what is strong more.
    """
    _, outputs, inputs = values.shape
    noise = _unit(_noise(values.shape, rng, world.profile))
    if not world.is_mixed:
        return noise
    mixed = rng.normal(size=(outputs, outputs)) @ values, values @ rng.normal(size=(inputs, inputs))
    return _unit(noise + _unit(mixed[0]) + _unit(mixed[1]))


def scale_change(values: Array, change: Array, target: float) -> Array:
    """Return a multiple of `change` that moves the log10 of the squared norm by `target`.

    Upwards where the change leans towards `values`, downwards where it leans away from them.
    """
    lean = float(np.sum(values * change))
    sign = 1.0 if lean >= 0 else -1.0
    more = np.sum(values**2) * (10 ** (sign * target) - 1)
    whole: Array = change * (-lean + sign * np.sqrt(lean**2 + more))
    return whole


def _direction(values: Array, kernel: Array, rng: np.random.Generator) -> Array:
    """Return a random pattern of outputs times one of inputs, with a kernel."""
    left, right = (rng.normal(size=n) for n in values.shape[1:])
    return _towards(values, kernel[:, None, None] * np.outer(left, right))


def _leading(values: Array) -> Array:
    """Return the leading direction of the map from patches to outputs."""
    patches = values.transpose(1, 0, 2).reshape(values.shape[1], -1)
    left, _, right = np.linalg.svd(patches, full_matrices=False)
    leading = np.outer(left[:, 0], right[0]).reshape(values.shape[1], values.shape[0], -1)
    return leading.transpose(1, 0, 2)


def _slice(values: Array, axis: int, which: int) -> Array:
    """Return the entries of one slice along an axis, and zero elsewhere."""
    part = np.zeros([n if a == axis else 1 for a, n in enumerate(values.shape)])
    np.moveaxis(part, axis, 0)[which] = 1
    return _unit(values * part)


def _towards(values: Array, change: Array) -> Array:
    return _unit(change) * (1.0 if np.sum(values * change) >= 0 else -1.0)


def _noise(shape: tuple[int, ...], rng: np.random.Generator, profile: Array) -> Array:
    return rng.normal(size=shape) * profile[:, None, None]


def _unit(values: Array) -> Array:
    whole: Array = values / np.linalg.norm(values)
    return whole


_FLAT, _POINT = np.full(_SIDE**2, 1 / 3), np.eye(_SIDE**2)[_CENTRE]

CHANGES: Mapping[str, Callable[[Array, np.random.Generator], Array]] = {
    "a new direction, the same at all positions": lambda w, rng: _direction(w, _FLAT, rng),
    "a new direction, at the centre alone": lambda w, rng: _direction(w, _POINT, rng),
    "the leading direction grows": lambda w, rng: _leading(w),
    "an input channel grows": lambda w, rng: _slice(w, 2, 0),
    "an output channel grows": lambda w, rng: _slice(w, 1, 0),
    "the centre of all kernels grows": lambda w, rng: _slice(w, 0, _CENTRE),
    "noise is added": lambda w, rng: _towards(w, _noise(w.shape, rng, _PROFILE)),
    "all entries shrink": lambda w, rng: -_unit(w),
}
"""What is added to the entries, of Frobenius norm one, by its name."""


def operator_eigenvalues(values: Array) -> Array:
    """Return the squared singular values of the convolution as a map of images, ascending.

    Of periodic images of `GRID` by `GRID` pixels; those of the Fourier transforms of the kernels,
    one matrix of outputs by inputs for every frequency [1]_.

    Parameters
    ----------
    values : ndarray
        Shape (9, outputs, inputs).

    Returns
    -------
    ndarray
        The min(outputs, inputs) of every frequency, pooled.

    References
    ----------
    .. [1] Sedghi, Gupta and Long 2019, The singular values of convolutional layers,
       arXiv:1805.10408
    """
    kernels = values.reshape(_SIDE, _SIDE, *values.shape[1:])
    waves = np.fft.fft2(kernels, (GRID, GRID), axes=(0, 1)).reshape(-1, *values.shape[1:])
    wide = waves if values.shape[1] <= values.shape[2] else waves.swapaxes(1, 2)
    # What rounding leaves of zero may be below it.
    found: Array = np.linalg.eigvalsh(wide @ wide.conj().swapaxes(1, 2)).clip(min=0)
    return np.sort(found, axis=None)
