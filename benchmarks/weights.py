"""Weights in the shapes of well-known networks, heavy-tailed by construction.

On Gaussian entries of variance 1/fan-in lies a matrix U diag(s) Vᵀ with s_i = i^(−1/(2(a−1))) and
random orthogonal U, V, three times as strong in the Frobenius norm: a power law of the eigenvalues
with exponent a, which differs from layer to layer.
"""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.stream import Layer

Weights = dict[str, NDArray[np.float32]]

NETWORKS = {
    "ViT-S/16": ("vit_small_patch16_224", 1000),
    "ResNet-18": ("resnet18", 1000),
    "CLIP-ViT-B/32 (visual)": ("vit_base_patch32_clip_224", 512),
}
"""What timm calls them, and how many outputs they have."""
TINY = {"stem.weight": (32, 16, 3, 3), "attn.qkv.weight": (96, 32), "head.weight": (48, 64)}
"""Shapes for a trial."""
_EXPONENTS = (2.2, 2.8, 3.5, 4.5)
_STRENGTH = 3.0


def shapes(network: str) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the linear and convolutional weights of one of `NETWORKS`."""
    import timm
    import torch

    name, outputs = NETWORKS[network]
    with torch.device("meta"):
        state = timm.create_model(name, num_classes=outputs).state_dict()
    # A linear or convolutional weight; position embeddings and norms have other names or shapes.
    return {
        name: tuple(value.shape)
        for name, value in state.items()
        if name.endswith("weight") and value.ndim > 1
    }


def heavy_tailed(shapes: Mapping[str, tuple[int, ...]], seed: int) -> Weights:
    """Return weights of these shapes, outputs first."""
    generator = np.random.default_rng(seed)
    exponents = cycle(_EXPONENTS)
    return {name: _heavy_tailed(shape, next(exponents), generator)
            for name, shape in shapes.items()}  # fmt: skip


def matrices(weights: Weights, split: bool) -> list[Layer]:
    """Return the layer matrices; the parts of fused q, k and v apart if `split`."""
    found = []
    for name, values in weights.items():
        kind = "Linear" if values.ndim == 2 else "Conv2d"
        layer = values.reshape(*values.shape[:2], -1).transpose(2, 0, 1)
        parts = np.split(layer, 3, axis=1) if split and "qkv" in name else [layer]
        for index, part in enumerate(parts):
            identifiers = {"layer": f"{name}[{index}]"}
            found.append(Layer(identifiers, np.ascontiguousarray(part), kind))
    return found


def _heavy_tailed(
    shape: tuple[int, ...], exponent: float, generator: np.random.Generator
) -> NDArray[np.float32]:
    rows, cols, *kernel = shape
    slices, least = int(np.prod(kernel)), min(rows, cols)
    noise = generator.standard_normal((slices, rows, cols)) / np.sqrt(cols * slices)
    left, right = (
        np.linalg.qr(generator.standard_normal((slices, side, least)))[0] for side in (rows, cols)
    )
    singular = np.arange(1, least + 1) ** (-0.5 / (exponent - 1))
    planted = (left * singular) @ right.swapaxes(1, 2)
    strength = _STRENGTH * np.linalg.norm(noise) / np.linalg.norm(planted)
    values = noise + strength * planted
    return np.ascontiguousarray(values.transpose(1, 2, 0).reshape(shape), np.float32)
