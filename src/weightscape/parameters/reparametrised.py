"""Weights that a module computes in its forward from others: what torch's utilities keep.

Of these a state dict has the names in the old form (``weight_g``, ``weight_orig``) or the new one
(``parametrizations.weight.original``), and not what is computed of them.

References
----------
torch 2.15: ``nn/utils/weight_norm.py``, ``spectral_norm.py``, ``prune.py`` and
``parametrizations.py``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.parameters.made import Made, are_floating

_Tensors = Mapping[str, Tensor]
_OLD = re.compile(r"(?P<weight>.*)_(?P<kind>g|orig|bar)")
_NEW = re.compile(r"(?P<module>(.*\.)?)parametrizations\.(?P<name>\w+)\.(?P<part>.+)")
_UNKNOWN = (
    "made in the forward by a parametrization that the file does not describe ({}): apply "
    "`torch.nn.utils.parametrize.remove_parametrizations` and save the state dict then"
)


def find_reparametrised(parameters: _Tensors) -> list[Made]:
    """Return the weights that are made in the forward of a module, as it makes them in eval mode.

    * `weight_norm`: g · v / ‖v‖, where the shape of g tells over which dimensions the norm is.
    * `spectral_norm`: W / σ with σ = uᵀWv of the vectors in the file. Which dimension of W is that
      of u their lengths tell; where they do not, the one of the larger σ.
    * Masks of pruning: the entries times the mask.
    * Of the new form, a chain of these as far as the file shows it. A function without a state of
      its own behind them leaves no trace in a state dict.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.

    Returns
    -------
    list of Made
        Those of other parametrizations with the reason.
    """
    return [*_old_form(parameters), *_new_form(parameters)]


def _old_form(parameters: _Tensors) -> Iterator[Made]:
    for name, stored in parameters.items():
        match = _OLD.fullmatch(name)
        if match is None:
            continue
        weight = match["weight"]
        beside = {part: parameters.get(f"{weight}_{part}") for part in ("v", "u", "mask")}
        v, u, mask = beside.values()
        made: Tensor | str | None = None
        if match["kind"] == "g":
            made = _weight_norm(stored, v) if v and _is_norm(stored, v) else None
        elif mask:
            made = _masked(stored, mask)
        elif u:
            # The first form of spectral_norm kept no v, and the weight itself beside.
            made = _spectral_norm(stored, u, v) if v else parameters.get(weight)
            made = made or _spectral_norm(stored, u, None)
        if made:
            parts = (f"{weight}_{part}" for part, tensor in beside.items() if tensor)
            yield Made(weight, made, (name, *parts))


def _new_form(parameters: _Tensors) -> Iterator[Made]:
    of_weight: dict[str, dict[str, str]] = {}
    for name in parameters:
        if match := _NEW.fullmatch(name):
            weight = match["module"] + match["name"]
            of_weight.setdefault(weight, {})[match["part"]] = name
    for weight, parts in of_weight.items():
        made = _chain({part: parameters[name] for part, name in parts.items()})
        reason = _UNKNOWN.format(", ".join(parts))
        yield Made(weight, made or reason, tuple(parts.values()))


def _chain(parts: dict[str, Tensor]) -> Tensor | str | None:
    """Return what the parametrizations of a weight make one after another; None if unknown."""
    parts = dict(parts)
    first = 0
    if "original" in parts:
        weight: Tensor | str = parts.pop("original")
    elif {"original0", "original1"} <= parts.keys():
        g, v = parts.pop("original0"), parts.pop("original1")
        if not _is_norm(g, v):
            return None
        weight, first = _weight_norm(g, v), 1
    else:
        return None
    last = first
    while {f"{last}._u", f"{last}._v"} <= parts.keys() and isinstance(weight, Tensor):
        weight = _spectral_norm(weight, parts.pop(f"{last}._u"), parts.pop(f"{last}._v"))
        last += 1
    return weight if not parts and last > 0 else None


def _is_norm(g: Tensor, v: Tensor) -> bool:
    """Say whether g has the shape of a norm of v: over all dimensions, or over all but one."""
    if not are_floating(g, v) or len(v.shape) < 2:
        return False
    if not g.shape:
        return True
    kept = [size for size in g.shape if size > 1]
    fits = len(g.shape) == len(v.shape) and all(
        size in (1, whole) for size, whole in zip(g.shape, v.shape, strict=True)
    )
    return fits and len(kept) <= 1


def _weight_norm(g: Tensor, v: Tensor) -> Tensor:
    axes = tuple(axis for axis, size in enumerate(g.shape or v.shape) if not g.shape or size == 1)

    def read() -> NDArray[np.floating]:
        entries = v.read()
        squares = np.square(entries, dtype=np.float64).sum(axis=axes, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):  # a norm of zero, as torch has it
            factor = g.read() / np.sqrt(squares)
        weight: NDArray[np.floating] = np.multiply(entries, factor).astype(entries.dtype)
        return weight

    return Tensor(v.shape, v.dtype, read)


def _masked(weight: Tensor, mask: Tensor) -> Tensor | str:
    if weight.shape != mask.shape or not are_floating(weight):
        return f"its mask is of another shape, {mask.shape}, or it is of {weight.dtype}"
    return Tensor(weight.shape, weight.dtype, lambda: weight.read() * (mask.read() != 0))


def _spectral_norm(weight: Tensor, u: Tensor, v: Tensor | None) -> Tensor | str:
    if not are_floating(weight):
        return f"its entries are {weight.dtype}, which a spectral norm does not divide"
    return Tensor(weight.shape, weight.dtype, partial(_divide_by_sigma, weight, u, v))


def _divide_by_sigma(weight: Tensor, u: Tensor, v: Tensor | None) -> NDArray[np.floating]:
    """Return W / uᵀWv, and without a v that of Wᵀu.

    Raises
    ------
    OSError
        If u and v have the lengths of no matrix of the weight's entries.
    """
    entries, left = weight.read(), u.read().ravel().astype(np.float64)
    right = None if v is None else v.read().ravel().astype(np.float64)
    sigmas = []
    for axis, size in enumerate(entries.shape):
        matrix = np.moveaxis(entries, axis, 0).reshape(size, -1)
        if size == left.size and (right is None or matrix.shape[1] == right.size):
            image = left @ matrix
            sigmas.append(np.linalg.norm(image) if right is None else image @ right)
    if not sigmas:
        raise OSError(f"the vectors of its spectral norm do not fit its shape {weight.shape}")
    divided: NDArray[np.floating] = (entries / max(sigmas)).astype(entries.dtype)
    return divided
