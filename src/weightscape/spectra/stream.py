"""The analysis of many layer matrices, a few in memory at a time, on several cores."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from weightscape.config.spectra import DEFAULTS, Spectra
from weightscape.seeds import seed_for
from weightscape.spectra.analyse import Analysis, analyse, describe_failure
from weightscape.spectra.change import Start
from weightscape.spectra.eigenvalues import check_device
from weightscape.spectra.rounding import Rounding

LARGE = 2048
"""Smaller side from which a layer matrix has all cores to itself.

Below, a solver on several cores spends its time waiting, and several layers at once do better.
"""


class Layer(NamedTuple):
    """A layer matrix to analyse.

    Attributes
    ----------
    identifiers : dict
        What tells it from the others; its values make its seed.
    values : ndarray
        The entries (slices, rows, cols).
    layer_type : str
        Kind of the operator.
    start : Start or None
        The initial layer matrix, if it is to be compared with that.
    obstacle : str
        Why it cannot be analysed, if so; of the values, only the shape counts then.
    rounding : Rounding or None
        What the type that it is stored in leaves uncertain, if that is not the type of `values`.
    """

    identifiers: dict[str, Any]
    values: NDArray[np.generic]
    layer_type: str
    start: Start | None = None
    obstacle: str = ""
    rounding: Rounding | None = None


def analyse_layers(
    layers: Iterable[Layer], options: Spectra = DEFAULTS, threads: int = 1, seed: int = 0
) -> Iterator[tuple[dict[str, Any], Analysis]]:
    """Analyse layer matrices and give the results in order.

    Parameters
    ----------
    layers : iterable of Layer
        Read as needed: no more than `threads` + 2 are held at a time.
    options : Spectra, optional
        Which of the costly quantities are computed.
    threads : int, optional
        Cores to use: for as many layers at once, or for one that is `LARGE`. The number of
        threads of BLAS is set for the whole process until the last result is taken.
    seed : int, optional
        Seed of the whole; a layer's own is derived from it and the layer's identifiers, so that
        neither order nor threads change a result.

    Yields
    ------
    identifiers : dict
        Those of the layer.
    analysis : Analysis
        What its spectrum says; that it has failed, where the analysis raises anything.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    check_device(options.device)

    def one(layer: Layer) -> Analysis:
        if layer.obstacle:
            return describe_failure(layer.values.shape, layer.obstacle)
        own = seed_for(seed, *layer.identifiers.values())
        try:
            return analyse(
                layer.values, layer.layer_type, options, own, layer.start, layer.rounding
            )
        except Exception as error:  # the others have hours of work before and behind them
            return describe_failure(layer.values.shape, f"{type(error).__name__}: {error}")

    def alone(layer: Layer) -> Analysis:
        with threadpool_limits(threads):
            return one(layer)

    waiting: deque[tuple[dict[str, Any], Future[Analysis]]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        with threadpool_limits(1):
            for layer in layers:
                large = min(layer.values.shape[1:], default=0) >= LARGE
                while waiting and (large or len(waiting) > threads):
                    identifiers, analysis = waiting.popleft()
                    yield identifiers, analysis.result()
                if large:
                    # On a thread too: this one waits, and can be interrupted.
                    yield layer.identifiers, pool.submit(alone, layer).result()
                else:
                    waiting.append((layer.identifiers, pool.submit(one, layer)))
            for identifiers, analysis in waiting:
                yield identifiers, analysis.result()
    finally:
        # Who takes no more results does not wait for those that are on their way.
        pool.shutdown(wait=False, cancel_futures=True)
