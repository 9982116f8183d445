"""A network in memory and what feeds it: all that training and prediction know of a modality."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn


class InputAdapter(ABC):
    """From stored examples of one modality to the input of a network.

    Stored inputs become what augmentations change by `decode`, and that becomes what the network
    takes by `encode`.
    """

    @abstractmethod
    def put(self, inputs: np.ndarray, device: torch.device) -> Tensor:
        """Return all inputs of a set as a tensor of one row each.

        It lies on the device, or stays on the CPU where it is too large for it.

        Raises
        ------
        ValueError
            If the network does not take such inputs.
        """

    @abstractmethod
    def decode(self, batch: Tensor) -> Tensor:
        """Return rows of what `put` gives, on the network's device, as augmentations take them."""

    @abstractmethod
    def encode(self, batch: Tensor) -> Tensor:
        """Return what `decode` gives, augmented or not, as the network takes it."""

    @abstractmethod
    def batch_size(self, inputs: Tensor) -> int:
        """Return how many rows of what `put` gives a forward pass without gradients may take."""


class LiveNetwork(NamedTuple):
    """A network that can be trained, asked and measured.

    Attributes
    ----------
    module : torch.nn.Module
        The network; from a batch that `adapter` has encoded it makes a logit per class.
    adapter : InputAdapter
        What feeds it.
    classifier : str
        Name of the module that gives the logits.
    num_classes : int
        Number of the logits.
    """

    module: nn.Module
    adapter: InputAdapter
    classifier: str
    num_classes: int

    @property
    def device(self) -> torch.device:
        """Where its weights lie."""
        return next(self.module.parameters()).device

    @property
    def head(self) -> nn.Module:
        """The classifier."""
        return self.module.get_submodule(self.classifier)

    def put(self, inputs: np.ndarray) -> Tensor:
        """Return stored inputs as a tensor, on the network's device where they fit."""
        return self.adapter.put(inputs, self.device)

    def batches(self, inputs: Tensor, size: int | None = None) -> Iterator[Tensor]:
        """Yield all rows of what `put` gives, batch by batch, as the network takes them."""
        for batch in inputs.split(size or self.adapter.batch_size(inputs)):
            yield self.adapter.encode(self.adapter.decode(batch.to(self.device)))
