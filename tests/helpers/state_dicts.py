"""State dicts in memory as checkpoints, and what `resolve` makes of them."""

import numpy as np

from weightscape.checkpoints.checkpoint import FLOATING, Checkpoint, Tensor
from weightscape.parameters.resolve import resolve


def stored(tensor, storage=None):
    """Return a tensor of torch as one of a checkpoint, of the types that files have."""
    dtype = str(tensor.dtype).removeprefix("torch.")

    def read():
        wide = dtype != "float64" and (dtype in FLOATING or dtype == "float8_e8m0fnu")
        return (tensor.detach().float() if wide else tensor.detach()).numpy()

    return Tensor(tuple(tensor.shape), dtype, read, storage)


def checkpoint_of(state, name="m", **about):
    return Checkpoint(name, {key: stored(value) for key, value in state.items()}, **about)


def resolved(state, **about):
    return resolve(checkpoint_of(state, **about))


def same(tensor, expected, **tolerance):
    """Assert that a resolved tensor has the shape and entries of one of torch."""
    found = tensor.read()
    assert tensor.shape == found.shape == tuple(expected.shape)
    np.testing.assert_allclose(found, expected.detach().double().numpy(), **tolerance)
