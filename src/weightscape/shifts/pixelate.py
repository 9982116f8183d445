"""Coarse pixels; the strengths are ours, not CIFAR-C's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from weightscape.shifts._corruption import REFERENCE, Corruption, Strengths

if TYPE_CHECKING:
    import numpy as np

    from weightscape.shifts._corruption import Pixels


class Pixelate(Corruption):
    """The test images as squares of one colour each, the means there; nothing is random.

    An image of 224 pixels has as many squares as one of 32, each seven times as long: a severity
    leaves as much to see.

    References
    ----------
    Hendrycks & Dietterich (2019), Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations, arXiv:1903.12261, whose `pixelate` shrinks and enlarges alike, by other factors.
    """

    strengths: ClassVar[Strengths] = (0.75, 0.6, 0.45, 0.35, 0.25)
    """Squares along the shorter side by severity, as a share of its pixels, but of 32 at the
    most."""

    def corrupt(self, pixels: Pixels, strength: float, rng: np.random.Generator) -> Pixels:
        """Return one image as squares."""
        from PIL import Image

        height, width = pixels.shape[1:]
        shorter = min(height, width)
        squares = strength * min(shorter, REFERENCE) / shorter
        coarse = max(1, round(squares * width)), max(1, round(squares * height))
        for channel in pixels:
            means = Image.fromarray(channel).resize(coarse, Image.Resampling.BOX)
            channel[...] = means.resize((width, height), Image.Resampling.NEAREST)
        return pixels
