"""What the tests of augmentations share: random numbers, images and torchvision's operations."""

import torch
from torchvision.transforms.v2 import TrivialAugmentWide

_ORACLE = TrivialAugmentWide()


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def levels(n=4, channels=1, height=32, width=32):
    """Return noise, dark noise and smooth images, as uint8."""
    images = torch.randint(
        256, (n, channels, height, width), generator=generator(), dtype=torch.uint8
    )
    images[0] //= 2
    coarse = images[1:2, :, :8, :8].float()
    images[1] = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")[0].round()
    return images


def called(theirs):
    """Return our name of an operation of torchvision: shear_x of ShearX."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in theirs).lstrip("_")


def operate(image, name, magnitude, interpolation="nearest"):
    """Return a uint8 image after torchvision's operation of our name."""
    theirs = name.title().replace("_", "")
    return _ORACLE._apply_image_or_video_transform(
        image, theirs, magnitude, interpolation, {type(image): None}
    )


def magnitude_in(space, name, strength, bins, size):
    """Return torchvision's magnitude for a kernel, rounding errors of float32 mended."""
    magnitudes, signed = space[name.title().replace("_", "")]
    values = magnitudes(bins, *size)
    if values is None:
        return 0.0, signed
    value = values[strength].item()
    if name.startswith("translate"):  # otherwise 15.999999 would be cut to 15 pixels
        exact = round(value, 5)
    elif name == "solarize":
        exact = (bins - 1 - strength) / (bins - 1)
    else:
        exact = value
    return exact, signed
