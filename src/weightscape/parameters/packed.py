"""Weights of 4 bits whose codes are two in a byte, with a scale for each block of a few."""

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.parameters.made import Made
from weightscape.parameters.scaled import SCALED, read_scales

_DTYPE = f"{SCALED}float4_e2m1fn"
_POSITIVE = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
_VALUES = np.array([*_POSITIVE, *(-value for value in _POSITIVE)], np.float32)
"""What the codes of E2M1 mean (OCP Microscaling Formats 1.0)."""

_MXFP4, _NVFP4 = 32, 16  # codes that have one scale


def find_packed(parameters: Mapping[str, Tensor]) -> list[Made]:
    """Return the weights that are kept as MXFP4 or NVFP4, as they are when dequantised.

    * MXFP4 as in gpt-oss [1]_: ``<name>_blocks`` (experts, outputs, blocks, 16) and
      ``<name>_scales``; the weight is (experts, inputs, outputs), as transformers makes it.
    * NVFP4 as ModelOpt [2]_ writes it: ``weight`` (outputs, inputs / 2), ``weight_scale`` in E4M3
      for 16 inputs each, and ``weight_scale_2`` for the whole.

    The code in the lower half of a byte comes first.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.

    References
    ----------
    .. [1] transformers 5.24, ``integrations/mxfp4.py``, convert_moe_packed_tensors
    .. [2] Model Optimizer, ``torch/quantization/qtensor/nvfp4_tensor.py``, NVFP4QTensor.dequantize
    """
    return [
        made for name in parameters for made in (*_mx(name, parameters), *_nv(name, parameters))
    ]


def _mx(name: str, parameters: Mapping[str, Tensor]) -> Iterator[Made]:
    weight = name.removesuffix("_blocks")
    blocks, scales = parameters[name], parameters.get(f"{weight}_scales")
    half = _MXFP4 // 2
    if weight == name or scales is None or blocks.shape != (*scales.shape, half):
        return
    if blocks.dtype == "uint8" and len(blocks.shape) == 4:
        experts, outputs, count, _ = blocks.shape
        read = partial(_read_mx, blocks, scales)
        made = Tensor((experts, count * _MXFP4, outputs), _DTYPE, read)
        yield Made(weight, made, (name, f"{weight}_scales"))


def _nv(name: str, parameters: Mapping[str, Tensor]) -> Iterator[Made]:
    packed = parameters[name]
    scales, whole = (parameters.get(f"{name}_{part}") for part in ("scale", "scale_2"))
    if scales is None or whole is None or packed.dtype != "uint8" or not packed.shape:
        return
    inputs = 2 * packed.shape[-1]
    if scales.shape == (*packed.shape[:-1], inputs // _NVFP4) and inputs % _NVFP4 == 0:
        read = partial(_read_nv, packed, scales, whole)
        made = Tensor((*packed.shape[:-1], inputs), _DTYPE, read)
        yield Made(name, made, (name, f"{name}_scale", f"{name}_scale_2"))


def _read_mx(blocks: Tensor, scales: Tensor) -> NDArray[np.floating]:
    values = _unpack(blocks.read()) * read_scales(scales)[..., np.newaxis]
    experts, outputs = values.shape[:2]
    return values.reshape(experts, outputs, -1).swapaxes(1, 2)


def _read_nv(packed: Tensor, scales: Tensor, whole: Tensor) -> NDArray[np.floating]:
    codes = _unpack(packed.read())
    of_block = scales.read().astype(np.float32) * whole.read().astype(np.float32)
    return codes * np.repeat(of_block, _NVFP4, axis=-1)


def _unpack(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the values of codes, twice as many along the last axis as there are bytes."""
    halves = np.stack([packed & 0x0F, packed >> 4], axis=-1)
    values: NDArray[np.float32] = _VALUES[halves.reshape(*packed.shape[:-1], -1)]
    return values
