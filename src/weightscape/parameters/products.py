"""The change of a weight that the factors of an adapter make, but for its scale."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.parameters.made import are_floating

_HADA = ("w1_a", "w1_b", "w2_a", "w2_b")
_NO_SUM = (
    ("magnitude", "DoRA, which scales the sum with the base"),
    ("lora_E", "AdaLoRA, whose singular values are apart"),
    ("lora_mid", "a LoRA of a convolution in three factors"),
    ("t1", "a LoHa of a convolution in six factors"),
    ("t2", "a LoKr or LoHa of a convolution with a core of its own"),
    ("ia3", "IA3, which multiplies what goes through the base"),
    ("oft", "an orthogonal adapter, which multiplies the base"),
    ("vera", "VeRA, whose factors are drawn and not saved"),
)


class Product(NamedTuple):
    """What factors make.

    Attributes
    ----------
    shape : tuple of int
        Of the change.
    rank : int or None
        By which a scale divides; None where no factor shows it.
    dtype : str
        The type of the first factor.
    read : callable
        Returns the change before it is scaled, in float64: a product of factors of few digits has
        more digits than they.
    """

    shape: tuple[int, ...]
    rank: int | None
    dtype: str
    read: Callable[[], NDArray[np.float64]]


def multiply_factors(factors: Mapping[str, Tensor]) -> Product | str:
    """Return the product of the factors of one module, or why there is none.

    * LoRA: ``up`` · ``down``, of (out, rank) and (rank, in); a convolution has the kernel in
      ``down`` and ones in ``up``. Of an embedding the product is turned.
    * LoHa: (w1_a · w1_b) ⊙ (w2_a · w2_b).
    * LoKr: w1 ⊗ w2, each of them whole or as a product w_a · w_b.
    * ``diff``: itself.

    Parameters
    ----------
    factors : mapping of str to Tensor
        By what they are: ``down``, ``up``, ``embedding_down``, ``w1_a`` …
    """
    for part, method in _NO_SUM:
        if any(part in factor for factor in factors):
            return f"the adapter is {method}: merge it into its base (`merge_and_unload`) first"
    if not are_floating(*factors.values()):
        return "a factor of the adapter is not of floating point"
    made = _product(factors)
    if made is None:
        shapes = ", ".join(f"{name} {tensor.shape}" for name, tensor in factors.items())
        return f"the factors of the adapter are not all there or do not fit: {shapes}"
    return made


def _product(factors: Mapping[str, Tensor]) -> Product | None:
    names = factors.keys()
    if names == {"down", "up"}:
        return _lora(factors["down"], factors["up"])
    if names == {"embedding_down", "embedding_up"}:
        found = _lora(factors["embedding_down"], factors["embedding_up"])
        return found and found._replace(shape=found.shape[::-1], read=lambda: found.read().T)
    if names == {"diff"}:
        return _whole("diff", factors)
    if names == set(_HADA):
        pairs = [_lora(factors[f"{w}_b"], factors[f"{w}_a"]) for w in ("w1", "w2")]
        one, other = pairs
        if one and other and one.shape == other.shape:
            return one._replace(read=lambda: one.read() * other.read())
        return None
    return _kronecker(_whole("w1", factors), _whole("w2", factors))


def _lora(down: Tensor, up: Tensor) -> Product | None:
    rank, kernel = (down.shape[:1] or (0,))[0], down.shape[2:]
    fits = up.shape[1:] == (rank, *(1 for _ in kernel)) and len(down.shape) > 1
    if not fits or len(up.shape) != len(down.shape):
        return None

    def read() -> NDArray[np.float64]:
        first = down.read().astype(np.float64).reshape(rank, -1)
        product = up.read().astype(np.float64).reshape(-1, rank) @ first
        return product.reshape(up.shape[0], *down.shape[1:])

    return Product((up.shape[0], *down.shape[1:]), rank, down.dtype, read)


def _whole(name: str, factors: Mapping[str, Tensor]) -> Product | None:
    """Return a factor of a LoKr, whole or a product itself, or what is a change as it is."""
    if name in factors:
        whole = factors[name]
        return Product(whole.shape, None, whole.dtype, lambda: whole.read().astype(np.float64))
    if {f"{name}_a", f"{name}_b"} <= factors.keys():
        return _lora(factors[f"{name}_b"], factors[f"{name}_a"])
    return None


def _kronecker(one: Product | None, other: Product | None) -> Product | None:
    if one is None or other is None or len(one.shape) != 2 or len(other.shape) < 2:
        return None
    kernel = other.shape[2:]
    left = (*one.shape, *(1 for _ in kernel))
    shape = (one.shape[0] * other.shape[0], one.shape[1] * other.shape[1], *kernel)
    rank = other.rank if one.rank is None else one.rank

    def read() -> NDArray[np.float64]:
        return np.kron(one.read().reshape(left), other.read()).astype(np.float64, copy=False)

    return Product(shape, rank, one.dtype, read)
