"""TrivialAugmentWide: one random operation of random strength on every training image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weightscape.section import Section

if TYPE_CHECKING:
    import torch

_GEOMETRIC = ("shear_x", "shear_y", "translate_x", "translate_y", "rotate")
_ENHANCING = ("brightness", "color", "contrast", "sharpness")
_REMAPPING = ("posterize", "solarize", "auto_contrast", "equalize")

OPERATIONS = ("identity", *_GEOMETRIC, *_ENHANCING, *_REMAPPING)
"""The operations of the paper's wide space, each as likely as the others."""

STRENGTHS = 31
"""Number of equally likely strengths, from none to the strongest."""

_LARGEST = (0.0, 0.99, 0.99, 32.0, 32.0, 135.0, 0.99, 0.99, 0.99, 0.99, 0.0, 0.0, 0.0, 0.0)
"""Largest slope, shift in pixels, angle in degrees or change of a factor, by operation."""


class Options(Section):
    """TrivialAugment has nothing to tune."""


def augment(images: torch.Tensor, generator: torch.Generator, options: Options) -> torch.Tensor:
    """Return `images`, each passed through an operation of its own.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1]; read as multiples of 1/255.
    generator : torch.Generator
        Where operations, strengths and directions are drawn from; it may live on another device
        than the images.
    options : Options
        Nothing to choose.

    Returns
    -------
    Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1], not rounded to multiples of 1/255. `images` is left as it is.

    Notes
    -----
    Operations, ranges and nearest-neighbour sampling with black outside are those of
    `torchvision.transforms.v2.TrivialAugmentWide`, which draws once per call and would give a
    batch one common operation. Colour does nothing to grey images, and translation may reach
    32 pixels whatever the size of the image, as there.

    References
    ----------
    Müller & Hutter (2021), TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation,
    arXiv:2103.10158.
    """
    return apply(images, *draw(len(images), generator))


def draw(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return `n` operations, strengths and signs for `apply`, on the generator's device."""
    import torch

    device = generator.device
    operations = torch.randint(len(OPERATIONS), (n,), generator=generator, device=device)
    strengths = torch.randint(STRENGTHS, (n,), generator=generator, device=device)
    signs = 2 * torch.randint(2, (n,), generator=generator, device=device) - 1
    return operations, strengths, signs


def apply(
    images: torch.Tensor, operations: torch.Tensor, strengths: torch.Tensor, signs: torch.Tensor
) -> torch.Tensor:
    """Return `images`, each passed through the operation that is given for it.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    operations : Tensor of int64, shape (n,)
        Indices into `OPERATIONS`.
    strengths : Tensor of int64, shape (n,)
        From 0 to `STRENGTHS` - 1; operations without a strength ignore it.
    signs : Tensor of int64, shape (n,)
        Direction, 1 or -1; operations without a direction ignore it.
    """
    import torch

    pixels = images.mul(255).round_().div_(255)
    augmented = pixels.clone()
    largest = torch.tensor(_LARGEST, dtype=torch.float64, device=operations.device)
    magnitudes = signs * (strengths * largest[operations] / (STRENGTHS - 1))
    # Chosen where the draws live: with a generator on the CPU, a GPU is not waited for.
    members = {name: (operations == OPERATIONS.index(name)).nonzero()[:, 0] for name in OPERATIONS}
    del members["identity"]
    members["geometric"] = torch.cat([members.pop(name) for name in _GEOMETRIC])
    for name, chosen in members.items():
        if not len(chosen):
            continue
        where = chosen.to(images.device)
        if name == "geometric":
            maps = _inverse_maps(operations[chosen], magnitudes[chosen], *images.shape[2:])
            augmented[where] = _sample(pixels[where], maps.to(pixels))
        elif name in _ENHANCING:
            augmented[where] = _enhance(pixels[where], name, 1 + magnitudes[chosen].to(pixels))
        else:
            augmented[where] = _remap(pixels[where], name, strengths[chosen].to(pixels))
    return augmented


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


def _sample(pixels: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """Return `pixels` where `maps` lead, nearest neighbour, black outside."""
    import torch

    height, width = pixels.shape[2:]
    half = torch.tensor([width / 2, height / 2], device=pixels.device)
    y, x = torch.meshgrid(
        torch.arange(height, device=pixels.device) + 0.5 - half[1],
        torch.arange(width, device=pixels.device) + 0.5 - half[0],
        indexing="ij",
    )
    places = torch.stack([x, y, torch.ones_like(x)], 2).view(1, -1, 3)
    grid = (places @ (maps.transpose(1, 2) / half)).view(-1, height, width, 2)
    return torch.nn.functional.grid_sample(
        pixels, grid, mode="nearest", padding_mode="zeros", align_corners=False
    )


def _enhance(pixels: torch.Tensor, name: str, factor: torch.Tensor) -> torch.Tensor:
    """Return `pixels` moved from the image that lacks a quality altogether (factor 0)."""
    import torch
    from torchvision.transforms.v2 import functional as kernels

    if name == "brightness":
        without = torch.zeros_like(pixels)
    elif name == "sharpness":
        without = kernels.adjust_sharpness_image(pixels, 0.0)
    else:
        without = kernels.rgb_to_grayscale_image(pixels)
        if name == "contrast":
            without = without.mean((1, 2, 3), keepdim=True)
    return torch.lerp(without.expand_as(pixels), pixels, factor.view(-1, 1, 1, 1)).clamp_(0, 1)


def _remap(pixels: torch.Tensor, name: str, strengths: torch.Tensor) -> torch.Tensor:
    """Return `pixels` with their values mapped, each by itself or by the image's histogram."""
    import torch
    from torchvision.transforms.v2 import functional as kernels

    levels = pixels.mul(255).round_()
    strengths, most = strengths.view(-1, 1, 1, 1), STRENGTHS - 1
    if name == "posterize":
        step = torch.ones_like(strengths).ldexp((6 * strengths / most).round())  # 8 to 2 bits stay
        mapped = levels.div_(step).floor_().mul_(step).div_(255)
    elif name == "solarize":
        # From a threshold of 255 (white alone) to 0; in whole numbers, so that ties are exact.
        mapped = torch.where(most * levels >= 255 * (most - strengths), 1 - pixels, pixels)
    elif name == "auto_contrast":
        mapped = kernels.autocontrast_image(pixels)
    else:
        mapped = kernels.equalize_image(levels.to(torch.uint8)) / 255
    return mapped
