"""Operations of one strength per sample: what the augmentations by drawn operations share.

Operations, strengths and black outside the image are torchvision's. Where torchvision cuts a result
down to whole levels of 1/255, the results here are the exact ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch

    Space = Mapping[str, tuple[float, float]]
    """Magnitude of the weakest and of the strongest strength, by operation."""

    Interpolation = Literal["nearest", "bilinear"]

_GEOMETRIC = ("shear_x", "shear_y", "translate_x", "translate_y", "rotate")
_ENHANCING = ("brightness", "color", "contrast", "sharpness")
_REMAPPING = ("posterize", "solarize", "auto_contrast", "equalize", "invert")

OPERATIONS = ("identity", *_GEOMETRIC, *_ENHANCING, *_REMAPPING)
"""The operations; a tensor names them by their place here."""


def space_of(height: int, width: int) -> Space:
    """Return the space that AutoAugment and RandAugment share, for images of this size."""
    return {
        **dict.fromkeys(("shear_x", "shear_y"), (0.0, 0.3)),
        "translate_x": (0.0, 150 / 331 * width),
        "translate_y": (0.0, 150 / 331 * height),
        "rotate": (0.0, 30.0),
        **dict.fromkeys(_ENHANCING, (0.0, 0.9)),
        "posterize": (8.0, 4.0),
        "solarize": (255.0, 0.0),
    }


def magnitudes_in(
    space: Space,
    operations: torch.Tensor,
    strengths: torch.Tensor,
    strongest: int,
    signs: torch.Tensor,
) -> torch.Tensor:
    """Return the magnitudes of operations for `apply`.

    Parameters
    ----------
    space : mapping
        Magnitudes of strength 0 and of strength `strongest`, for operations that have any.
    operations, strengths, signs : Tensor of int64, any one shape
        Indices into `OPERATIONS`; 0 to `strongest`; 1 or -1, for operations with a direction.
    strongest : int
        The strength between which and 0 the magnitudes lie at equal distances.

    Returns
    -------
    Tensor of float64
        Slope, pixels to the right or down, degrees, change of a factor, bits to keep, or least
        level to invert: 0 for operations that have no strength.
    """
    import torch

    ends = torch.tensor(
        [space.get(name, (0.0, 0.0)) for name in OPERATIONS],
        dtype=torch.float64,
        device=operations.device,
    )
    weakest, span = ends[:, 0], ends[:, 1] - ends[:, 0]
    magnitudes = weakest[operations] + strengths * span[operations] / strongest
    signed = torch.tensor(
        [name in _GEOMETRIC + _ENHANCING for name in OPERATIONS], device=operations.device
    )
    return torch.where(signed[operations], signs * magnitudes, magnitudes)


def draw_signs(shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    """Return signs, 1 or -1 with equal chance, on the generator's device."""
    import torch

    return 2 * torch.randint(2, shape, generator=generator, device=generator.device) - 1


def apply_in_turn(
    images: torch.Tensor,
    operations: torch.Tensor,
    magnitudes: torch.Tensor,
    interpolation: Interpolation = "nearest",
) -> torch.Tensor:
    """Return `images`, each passed through its operations one after the other.

    Parameters
    ----------
    images, interpolation
        As for `apply`.
    operations, magnitudes : Tensor, shape (n, steps)
        The same for each of several steps.

    Returns
    -------
    Tensor of float32, shape (n, 1 or 3, height, width)
        Multiples of 1/255, as images are between the steps too.
    """
    levels = _levels_of(images)
    for step in range(operations.shape[1]):
        for name, chosen in _groups(operations[:, step]):
            if name == "identity":
                continue
            where = chosen.to(images.device)
            changed = _operate(
                levels[where],
                name,
                operations[chosen, step],
                magnitudes[chosen, step],
                interpolation,
            )
            levels[where] = changed.mul_(255).round_()
    return levels.div_(255)


def round_levels(images: torch.Tensor) -> torch.Tensor:
    """Return `images` rounded to multiples of 1/255, the channels apart in memory."""
    return _levels_of(images).div_(255)


def apply(
    images: torch.Tensor,
    operations: torch.Tensor,
    magnitudes: torch.Tensor,
    interpolation: Interpolation = "nearest",
) -> torch.Tensor:
    """Return `images`, each passed through the operation that is given for it.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1]; read as multiples of 1/255.
    operations : Tensor of int64, shape (n,)
        Indices into `OPERATIONS`.
    magnitudes : Tensor of float64, shape (n,)
        What `magnitudes_in` returns.
    interpolation : str
        How shears, translations and rotations read between pixels.

    Returns
    -------
    Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1], not rounded to multiples of 1/255.
    """
    import torch

    changed = torch.empty(images.shape, device=images.device)
    for name, chosen in _groups(operations):
        where = chosen.to(images.device)
        levels = _levels_of(images[where])
        changed[where] = _operate(
            levels, name, operations[chosen], magnitudes[chosen], interpolation
        )
    return changed


def _levels_of(images: torch.Tensor) -> torch.Tensor:
    """Return a copy as whole levels of 1/255; with the channels apart, kernels are faster."""
    return images.mul(255).round_().contiguous()


def _groups(operations: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield operations and who undergoes them, the geometric ones as one."""
    import torch

    # Chosen where the draws live: with a generator on the CPU, a GPU is not waited for.
    members = {name: (operations == OPERATIONS.index(name)).nonzero()[:, 0] for name in OPERATIONS}
    members["geometric"] = torch.cat([members.pop(name) for name in _GEOMETRIC])
    for name, chosen in members.items():
        if len(chosen):
            yield name, chosen


def _operate(
    levels: torch.Tensor,
    name: str,
    operations: torch.Tensor,
    magnitudes: torch.Tensor,
    interpolation: Interpolation,
) -> torch.Tensor:
    """Return what a group of operations makes of images of whole levels, as values in [0, 1]."""
    if name == "geometric":
        maps = _inverse_maps(operations, magnitudes, *levels.shape[2:]).to(levels)
        return _sample(levels.div_(255), maps, interpolation)
    if name in _ENHANCING:
        return enhance(levels.div_(255), name, 1 + magnitudes.to(levels))
    return _remap(levels, name, magnitudes.to(levels))


def enhance(pixels: torch.Tensor, name: str, factor: torch.Tensor) -> torch.Tensor:
    """Return `pixels` moved from the image that lacks a quality altogether (factor 0).

    Parameters
    ----------
    pixels : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    name : {'brightness', 'color', 'contrast', 'sharpness'}
        The quality; `color` is saturation, which grey images do not have.
    factor : Tensor of float32, shape (n,)
        At least 0; 1 changes nothing. Results are clipped to [0, 1].
    """
    import torch
    from torchvision.transforms.v2 import functional as kernels

    if name == "brightness":
        without = torch.zeros_like(pixels)
    elif name == "sharpness":
        without = _smoothed(pixels)
    else:
        without = kernels.rgb_to_grayscale_image(pixels)
        if name == "contrast":
            without = without.mean((1, 2, 3), keepdim=True)
    return torch.lerp(without.expand_as(pixels), pixels, factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def _smoothed(pixels: torch.Tensor) -> torch.Tensor:
    """Return the weighted means of 3 x 3 pixels, weights 1 and 5 in the middle; edges stay."""
    rows = pixels[:, :, :-2] + pixels[:, :, 1:-1] + pixels[:, :, 2:]
    around = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    smoothed = pixels.clone()
    smoothed[:, :, 1:-1, 1:-1].mul_(4).add_(around).div_(13)
    return smoothed


def _inverse_maps(
    operations: torch.Tensor, magnitude: torch.Tensor, height: int, width: int
) -> torch.Tensor:
    """Return the (n, 2, 3) maps from output to input pixels, about the image's centre."""
    import torch

    shear_x, shear_y, right, down, degrees = (
        magnitude * (operations == OPERATIONS.index(name)) for name in _GEOMETRIC
    )
    cos, sin = torch.cos(torch.deg2rad(degrees)), torch.sin(torch.deg2rad(degrees))
    # A shear keeps the upper left corner in place, a rotation the centre.
    x = [cos, shear_x - sin, shear_x * (height / 2) - right.trunc()]
    y = [shear_y + sin, cos, shear_y * (width / 2) - down.trunc()]
    return torch.stack([torch.stack(x, 1), torch.stack(y, 1)], 1)


def _sample(pixels: torch.Tensor, maps: torch.Tensor, interpolation: Interpolation) -> torch.Tensor:
    """Return `pixels` where `maps` lead, black outside."""
    import torch

    height, width = pixels.shape[2:]
    maps = maps / torch.tensor([[width / 2], [height / 2]], device=pixels.device)
    x = torch.arange(width, device=pixels.device) + 0.5 - width / 2
    y = torch.arange(height, device=pixels.device) + 0.5 - height / 2
    by_column = x.view(1, 1, -1, 1) * maps[:, None, None, :, 0]
    by_row = y.view(1, -1, 1, 1) * maps[:, None, None, :, 1] + maps[:, None, None, :, 2]
    return torch.nn.functional.grid_sample(
        pixels, by_column + by_row, interpolation, padding_mode="zeros", align_corners=False
    )


def _remap(levels: torch.Tensor, name: str, magnitude: torch.Tensor) -> torch.Tensor:
    """Return values of `levels` (0 to 255) mapped, each by itself or by the image's histogram."""
    import torch
    from torchvision.transforms.v2 import functional as kernels

    magnitude = magnitude.view(-1, 1, 1, 1)
    if name == "posterize":
        step = torch.ones_like(magnitude).ldexp(8 - magnitude.round())
        mapped = levels.div_(step).floor_().mul_(step).div_(255)
    elif name == "solarize":
        # A threshold that is a whole number is one exactly, so that ties are right.
        bright = (levels >= magnitude).to(levels)
        mapped = bright.sub_(levels.div_(255)).abs_()
    elif name == "auto_contrast":
        mapped = kernels.autocontrast_image(levels.div_(255))
    elif name == "equalize":
        mapped = _equalized(levels)
    elif name == "invert":
        mapped = 1 - levels.div_(255)
    else:
        mapped = levels.div_(255)
    return mapped


def _equalized(levels: torch.Tensor) -> torch.Tensor:
    """Return pixels with the histogram of every channel made level, as Pillow does it."""
    import torch

    n, channels, height, width = levels.shape
    rows = torch.arange(n * channels, dtype=torch.int32, device=levels.device)
    places = (levels.int() + 256 * rows.view(n, channels, 1, 1)).flatten()
    counts = torch.bincount(places, minlength=256 * n * channels).view(-1, 256)
    cumulative = counts.cumsum(1)
    in_highest = counts.gather(1, cumulative.argmax(1, keepdim=True))
    step = (height * width - in_highest) // 255
    table = ((cumulative - counts + step // 2) // step.clamp(min=1)).clamp_(max=255)
    # Too few pixels, or levels: nothing to make level.
    table = torch.where(step > 0, table, torch.arange(256, device=levels.device))
    return table.to(levels).div_(255).flatten().index_select(0, places).view_as(levels)
