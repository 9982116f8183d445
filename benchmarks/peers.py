"""What the engine is measured against: other tools, and the bare calls of LAPACK."""

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.weights import Weights
from weightscape.spectra.stream import Layer


def floor(layers: Iterable[Layer]) -> list[NDArray[np.float64]]:
    """Return the eigenvalues of all layers by nothing but float64 Gram matrices and eigvalsh."""
    found = []
    for values in (layer.values for layer in layers):
        wide = values if values.shape[1] <= values.shape[2] else values.swapaxes(1, 2)
        entries = wide.astype(np.float64)
        found.append(np.linalg.eigvalsh(entries @ entries.swapaxes(1, 2)))
    return found


def network(weights: Weights) -> Any:
    """Return a torch module with a linear or convolutional layer for every weight."""
    import torch
    from torch import nn

    model = nn.Module()
    for name, values in weights.items():
        outputs, inputs, *kernel = values.shape
        with torch.device("meta"):
            layer = (
                nn.Conv2d(inputs, outputs, tuple(kernel), bias=False)
                if kernel
                else nn.Linear(inputs, outputs, bias=False)
            )
        layer.weight = nn.Parameter(torch.from_numpy(values))
        model.add_module(name.removesuffix(".weight").replace(".", "_"), layer)
    return model


def weightwatcher(model: Any, mp_fit: bool) -> NDArray[np.float64]:
    """Return the alpha of every layer, in the order of the module's layers, by WeightWatcher."""
    with quiet():
        import weightwatcher

        watcher = weightwatcher.WeightWatcher(model=model)
        logging.getLogger("weightwatcher").setLevel(logging.CRITICAL)
        frame = watcher.analyze(mp_fit=mp_fit)
    return frame["alpha"].to_numpy()


def weightwatcher_fit(sample: NDArray[np.float64]) -> float:
    """Return the alpha of WeightWatcher's own scan for the start of a tail."""
    with quiet():
        from weightwatcher.WW_powerlaw import WWFit

        return float(WWFit(sample).alpha)


def powerlaw_fit(sample: NDArray[np.float64]) -> float:
    """Return the alpha of the package powerlaw."""
    with quiet():
        import powerlaw

        return float(powerlaw.Fit(sample, verbose=False).power_law.alpha)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep a tool from printing, warning, opening windows and changing the root logger."""
    os.environ["MPLBACKEND"] = "Agg"
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
    root.handlers[:] = handlers
    root.setLevel(level)
