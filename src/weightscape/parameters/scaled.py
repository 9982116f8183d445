"""Weights of few bits that are multiplied by scales which the file keeps beside them."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import FLOATING, Tensor
from weightscape.parameters.made import Made

SCALED = "scaled "
"""What stands before the type of codes in the type of a weight that is made of them."""

_BLOCK = 128
_OTHER_BLOCKS = (8, 16, 32, 64, 128, 256)
_FLOATS = frozenset(dtype for dtype in FLOATING if dtype.startswith("float8"))
_MX = 32  # codes that have one scale of an exponent alone
_CODES = re.compile(r"(?P<module>(.*\.)?)(?P<apart>_?)weight(?P<codes>|\._data|_qdata)")
_SCALE = re.compile(r".*(scale|scaling|amax).*", re.IGNORECASE)
_OF_OTHERS = re.compile(
    r"(.*_)?(in|inputs?|act|activations?|out|outputs?|[qkv]|kv|smooth|logit|shift)(_.*)?",
    re.IGNORECASE,
)


def find_scaled(parameters: Mapping[str, Tensor]) -> list[Made]:
    """Return the weights that are codes times scales.

    The codes are float8, whose scale is beside a ``weight`` as ``weight_scale`` (ModelOpt, FBGEMM,
    compressed-tensors), ``weight_scale_inv`` (DeepSeek-V3; a factor all the same),
    ``scale_weight`` (ComfyUI), ``scale`` (DeepSeek-V3.2), ``weight_quantizer.scale`` (Quark) or
    ``weights_scaling_factor`` (TensorRT-LLM), or int8, which may have a ``weight_zero_point`` too
    or the ``SCB`` of bitsandbytes, a scale per row in 127ths. quanto keeps ``weight._data`` and
    ``weight._scale``, torchao ``_weight_qdata`` and ``_weight_scale``. A float8 weight that has a
    scale by another name beside it is given with that reason: whether it is the factor or its
    inverse the name does not show.

    A scale holds for the whole tensor, for a row, a column, or a block, each as its shape tells:
    blocks of 128 where these fit the shape of the scales, and else of a power of two up to 256 that
    divides the side. Where no block fits, the weight is given with the reason.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.

    Returns
    -------
    list of Made
        Their types are those of the codes with `SCALED` before them: the rounding of codes is as
        large as their scales make it.

    References
    ----------
    DeepSeek-V3 ``inference/kernel.py`` (weight_dequant); bitsandbytes ``functional.py``
    (int8_vectorwise_dequant); compressed-tensors ``quantization/lifecycle/forward.py``; optimum-
    quanto ``tensor/weights/qbytes.py``.
    """
    beside: dict[str, list[str]] = {}
    for name in parameters:
        module, dot, leaf = name.rpartition(".")
        beside.setdefault(module + dot, []).append(leaf)
    return [made for name in parameters for made in _scaled(name, parameters, beside)]


def read_scales(scales: Tensor) -> NDArray[np.floating]:
    """Return scales as float32; those that are stored as exponents alone (E8M0) as powers of two.

    The exponent of E8M0 has a bias of 127, and 255 is no number (OCP Microscaling Formats 1.0).
    """
    stored = scales.read()
    if stored.dtype == np.uint8:
        powers: NDArray[np.floating] = np.ldexp(np.float32(1), stored.astype(np.int32) - 127)
        return np.where(stored == 255, np.float32(np.nan), powers)
    return stored.astype(np.float32)


def _scaled(
    name: str, parameters: Mapping[str, Tensor], beside: Mapping[str, list[str]]
) -> Iterator[Made]:
    """Give the weight, if `name` are codes that have a scale."""
    dtype = parameters[name].dtype
    if dtype not in _FLOATS and dtype != "int8":
        return
    match = _CODES.fullmatch(name)
    module = match["module"] if match else ""
    weight = f"{module}weight" if match else name
    stem = f"{module}_weight" if match and match["apart"] else weight
    if match and match["codes"] == "._data":
        candidates = [f"{weight}._scale"]
    else:
        candidates = [f"{stem}_scale", f"{stem}_scale_inv"]
    if match and not match["codes"] and not match["apart"]:
        candidates += [f"{module}scale_weight", f"{module}scale"]
        candidates += [f"{module}weight_quantizer.scale", f"{module}weights_scaling_factor"]
        candidates += [f"{module}SCB"] if dtype == "int8" else []
    if scale := next((other for other in candidates if other in parameters), ""):
        parts = (f"{stem}_zero_point", f"{module}weight_format")
        factors = [scale, *(other for other in parts if other in parameters)]
        yield Made(weight, _times(parameters, name, factors), (name, *factors))
    elif dtype in _FLOATS and len(parameters[name].shape) > 1:
        others = _other_scales(name, bool(match), beside)
        reason = (
            f"{dtype} entries are multiples of a scale beside them, and the name of "
            f"{', '.join(others)} does not show which: dequantise the checkpoint first"
        )
        if others:
            yield Made(weight, reason, (name, *others))


def _other_scales(name: str, is_weight: bool, beside: Mapping[str, list[str]]) -> list[str]:
    """Return what may be the scale of codes by its name: of those of what goes through it none."""
    module, dot, leaf = name.rpartition(".")
    places = [f"{name}.", f"{name}_quantizer.", module + dot]
    return [
        place + other
        for place in places
        for other in beside.get(place, ())
        if place + other != name
        and _SCALE.fullmatch(other)
        and not _OF_OTHERS.fullmatch(other)
        and (is_weight or place != module + dot or other.startswith(leaf))
    ]


def _times(parameters: Mapping[str, Tensor], name: str, parts: list[str]) -> Tensor | str:
    codes, scales = parameters[name], parameters[parts[0]]
    zero = next((parameters[part] for part in parts if part.endswith("_zero_point")), None)
    order = next((parameters[part] for part in parts if part.endswith("weight_format")), None)
    are_exponents = "e8m0" in scales.dtype or (
        scales.dtype == "uint8" and codes.dtype in _FLOATS and _is_mx(codes.shape, scales.shape)
    )
    if scales.dtype not in FLOATING and not are_exponents:
        return (
            f"{codes.dtype} entries are multiples of a scale beside them, which is {scales.dtype}"
        )
    if codes.dtype == "int8" and are_exponents:
        return "int8 entries hold two codes of 4 bits each; dequantise the checkpoint first"
    if order is not None and not _is_zero(order):
        return "int8 entries are in the order of a GPU's tiles; save the checkpoint by rows"
    sizes = _blocks(codes.shape, scales.shape)
    if sizes is None or (zero is not None and zero.shape != scales.shape):
        return (
            f"{codes.dtype} entries are multiples of a scale beside them, whose shape "
            f"{scales.shape} does not show where each holds: dequantise the checkpoint first"
        )
    unit = 1 / 127 if parts[0].endswith("SCB") else 1.0
    read = partial(_multiply, codes, scales, zero, sizes, unit)
    return Tensor(codes.shape, f"{SCALED}{codes.dtype}", read)


def _is_mx(shape: tuple[int, ...], scales: tuple[int, ...]) -> bool:
    """Say whether there is a scale for every `_MX` codes along the last axis."""
    return shape[:-1] == scales[:-1] and len(shape) > 1 and shape[-1] == _MX * scales[-1]


def _is_zero(order: Tensor) -> bool:
    try:
        return not np.any(order.read())
    except OSError:
        return False


def _blocks(shape: tuple[int, ...], scales: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the entries along each axis for which one scale holds; None if it does not show."""
    if prod(scales) == 1:
        return shape
    if len(scales) > len(shape) or 0 in scales:
        return None
    counts = scales + (1,) * (len(shape) - len(scales))
    found = [_block(size, count) for size, count in zip(shape, counts, strict=True)]
    partial_blocks = [n for n, size in zip(found, shape, strict=True) if 1 < n < size]
    if not all(found) or (partial_blocks and len(scales) < len(shape)):
        return None
    # A block of a part of the rows and of all columns is one of several layers in one.
    sides = zip(shape[-2:], counts[-2:], strict=True)
    if partial_blocks and any(n == 1 and size > max(partial_blocks) for size, n in sides):
        return None
    return tuple(found)


def _block(size: int, count: int) -> int:
    """Return the length of the blocks of which `count` cover `size` entries; 0 if none is sure."""
    if count in (1, size):
        return size // count
    if -(-size // _BLOCK) == count:
        return _BLOCK
    length, rest = divmod(size, count)
    return length if rest == 0 and length in _OTHER_BLOCKS else 0


def _multiply(
    codes: Tensor, scales: Tensor, zero: Tensor | None, sizes: tuple[int, ...], unit: float
) -> NDArray[np.floating]:
    values = codes.read().astype(np.float32)
    if zero is not None:
        values -= _spread(zero.read().astype(np.float32), values.shape, sizes)
    values *= _spread(read_scales(scales) * np.float32(unit), values.shape, sizes)
    return values


def _spread(
    scales: NDArray[np.floating], shape: tuple[int, ...], sizes: tuple[int, ...]
) -> NDArray[np.floating]:
    """Return scales that numpy can broadcast against the entries."""
    spread = scales.reshape(scales.shape + (1,) * (len(shape) - scales.ndim))
    if scales.size == 1:
        spread = scales.reshape((1,) * len(shape))
    for axis, (size, length) in enumerate(zip(shape, sizes, strict=True)):
        if spread.shape[axis] > 1 and length > 1:
            spread = np.repeat(spread, length, axis).take(np.arange(size), axis)
    return spread
