"""Random changes of brightness, contrast, saturation and hue of every training image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.augment._operations import enhance
from weightscape.config.augmentation import Augmentation

if TYPE_CHECKING:
    import torch

CHANGES = ("brightness", "contrast", "saturation", "hue")
"""The changes; tensors name them by their place here."""


class ColorJitter(Augmentation):
    """Four changes of its own for every image, in an order of its own.

    Images have 1 or 3 channels.

    Notes
    -----
    Changes and order are those of `torchvision.transforms.v2.ColorJitter` on images of floats,
    which draws once per call. Grey images have neither saturation nor hue to change. The defaults
    are DomainBed's (Gulrajani & Lopez-Paz 2021, In Search of Lost Domain Generalization,
    arXiv:2007.01434).
    """

    brightness: float = Field(
        0.3, ge=0, description="Largest change of its factor, which is 1 ± this, but at least 0."
    )
    contrast: float = Field(0.3, ge=0, description="The same of contrast.")
    saturation: float = Field(0.3, ge=0, description="The same of saturation.")
    hue: float = Field(
        0.3, ge=0, le=0.5, description="Largest turn of the hue to either side, in full turns."
    )

    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return the images with their changes."""
        return apply(images, *self.draw(len(images), generator))

    def draw(self, n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return order and sizes of `n` images' changes for `apply`, on the generator's device."""
        import torch

        device = generator.device
        order = torch.rand((n, len(CHANGES)), generator=generator, device=device).argsort(1)
        most = torch.tensor(
            [self.brightness, self.contrast, self.saturation, self.hue], device=device
        )
        middle = torch.tensor([0.0 if name == "hue" else 1.0 for name in CHANGES], device=device)
        least = torch.where(middle > 0, (middle - most).clamp(min=0), -most)
        uniform = torch.rand((n, len(CHANGES)), generator=generator, device=device)
        return order, least + (middle + most - least) * uniform


def apply(images: torch.Tensor, order: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """Return `images`, each with the changes that are given for it.

    Parameters
    ----------
    images : Tensor of float32, shape (n, 1 or 3, height, width)
        Values in [0, 1].
    order : Tensor of int64, shape (n, 4)
        Indices into `CHANGES`, the first change first.
    sizes : Tensor of float32, shape (n, 4)
        Factors of brightness, contrast and saturation, and the turn of the hue.
    """
    import torch

    # With the channels apart in memory the kernels are several times as fast.
    changed = images.clone(memory_format=torch.contiguous_format)
    grey = images.shape[1] == 1
    for place in order.unbind(1):
        for index, name in enumerate(CHANGES[:2] if grey else CHANGES):
            chosen = (place == index).nonzero()[:, 0]
            where = chosen.to(images.device)
            pixels, by = changed[where], sizes[chosen, index].to(images)
            if name == "hue":
                pixels = turn_hue(pixels, by)
            else:
                pixels = enhance(pixels, "color" if name == "saturation" else name, by)
            changed[where] = pixels
    return changed


def turn_hue(pixels: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Return colour images with their hues turned, `turn` (n,) in full turns.

    The hue is that of HSV; saturation and value stay.
    """
    import torch

    value, chroma = pixels.amax(1), pixels.amax(1) - pixels.amin(1)
    red, green, blue = pixels.unbind(1)
    safe = torch.where(chroma == 0, 1, chroma)
    sixths = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    sixths += 6 * turn.view(-1, 1, 1)
    turned = torch.empty_like(pixels)
    for channel, start in enumerate((5, 3, 1)):
        place = (sixths + start).remainder_(6)
        turned[:, channel] = value - chroma * torch.minimum(place, 4 - place).clamp_(0, 1)
    return turned
