"""State dicts, the ways to write them, and the check of what is read."""

import pickle

import numpy as np
import torch

WRITERS = {
    "zip": torch.save,
    "legacy": lambda content, path: torch.save(content, path, _use_new_zipfile_serialization=False),
    "pickle": lambda content, path: path.write_bytes(pickle.dumps(content)),
}


def state_dict(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return {"a.weight": torch.randn(24, 40, generator=generator), "a.bias": torch.arange(24.0)}


def same(found, expected):
    """Check entries, bit by bit where they are of one type, and the shape that is announced."""
    wide = torch.float64 if expected.dtype == torch.float64 else torch.float32
    if expected.dtype == torch.complex32:
        wide = torch.complex64
    elif not expected.is_floating_point():
        wide = expected.dtype
    entries = expected.detach().resolve_conj().resolve_neg().to(wide).numpy()
    assert found.shape == tuple(expected.shape)
    assert found.dtype == str(expected.dtype).removeprefix("torch.")
    values = found.read()
    assert values.dtype == entries.dtype
    np.testing.assert_array_equal(values, entries)


def same_state(found, expected):
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        same(found[name], tensor)


class Old:
    """Is pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call
