"""The base of augmentations: what is done to training images, drawn anew every time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from weightscape.config.plugins import Plugin, make_plugin
from weightscape.config.section import Section

if TYPE_CHECKING:
    import torch


class Augmentation(Plugin):
    """A change of training images; a plug-in of the folder ``augment``."""

    folder: ClassVar[str] = "augment"

    @abstractmethod
    def __call__(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Return changed images, a draw of its own for each; `images` is left as it is.

        Parameters
        ----------
        images : Tensor of float32, shape (n, channels, height, width)
            Values in [0, 1].
        generator : torch.Generator
            Where all draws come from; it may live on another device than the images.
        """


class Augmented(Section):
    """A section whose key `augment` names augmentations, in order, with their options."""

    if TYPE_CHECKING:
        augment: dict[str, dict[str, Any]]

    @property
    def augmentations(self) -> list[Augmentation]:
        """The augmentations in the order they are applied."""
        return [make_plugin(Augmentation, name, options) for name, options in self.augment.items()]

    @property
    def modules(self) -> list[str]:
        """The modules of its plug-ins, for the digest of a job's code."""
        return [f"weightscape.{Augmentation.folder}.{name}" for name in self.augment]
