"""Which images make a step: a function of the seed and the step alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Batches:
    """The order of the training images.

    Nothing here has a state, so that a training can go on from any step.

    Attributes
    ----------
    groups : sequence of numpy.ndarray
        Indices of the images of each group; a step takes `size` images of every group.
    passes : sequence of int
        For each group, how many images make a pass over it. They are the first of all its images
        in an order that is drawn anew for every pass.
    size : int
        Images of one group in a step.
    seed : int
        Decides the order.
    """

    groups: Sequence[np.ndarray]
    passes: Sequence[int]
    size: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps that make an epoch: a pass over the smallest group."""
        return max(1, min(self.passes) // self.size)

    def of_step(self, step: int) -> Tensor:
        """Return the indices of the images of a step, counted from 0."""
        parts = [self._of_group(number, step) for number in range(len(self.groups))]
        return torch.from_numpy(np.concatenate(parts))

    def _of_group(self, number: int, step: int) -> np.ndarray:
        length = self.passes[number]
        wanted = np.arange(step * self.size, (step + 1) * self.size)
        turn, place = np.divmod(wanted, length)
        orders = {t: self._order(number, t)[:length] for t in np.unique(turn).tolist()}
        return np.array([orders[t][p] for t, p in zip(turn.tolist(), place, strict=True)])

    def _order(self, number: int, turn: int) -> np.ndarray:
        rng = np.random.default_rng((self.seed, number, turn))
        return rng.permutation(self.groups[number])


def batches_of(
    n: int, domains: np.ndarray | None, size: int, seed: int, epoch_size: int | None
) -> Batches:
    """Return the order of images, in one group or one for each domain.

    Parameters
    ----------
    n : int
        Number of images.
    domains : numpy.ndarray or None
        Domain of each image, where a step takes images of every domain: an epoch is a pass over
        the smallest one then, and a domain smaller than a batch comes more than once in it.
    size : int
        Images of a group in a step.
    seed : int
        Decides the order.
    epoch_size : int or None
        Images that make an epoch, drawn from all; all when missing, and where there are domains.

    Raises
    ------
    ValueError
        If the images of an epoch do not fill a batch.
    """
    if domains is not None:
        groups = [np.flatnonzero(domains == domain) for domain in np.unique(domains)]
        return Batches(groups, [len(group) for group in groups], size, seed)
    steps = (epoch_size or n) // size
    if not steps:
        raise ValueError(f"{n} training images do not fill a batch of {size}; lower batch_size")
    return Batches([np.arange(n)], [steps * size], size, seed)
