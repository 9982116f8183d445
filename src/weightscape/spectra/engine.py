"""Everything that is said of one layer matrix."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.schemas.spectra import METRICS
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.marchenko_pastur import fit_marchenko_pastur
from weightscape.spectra.norms import alpha_norms, entropy, norms
from weightscape.spectra.power_law import ZERO, fit_power_law

MIN_EVALS = 8
"""Fewest non-zero eigenvalues that a law is fitted to, WeightWatcher's `min_evals`."""


@dataclass(frozen=True)
class Analysis:
    """What the spectrum of a layer matrix says.

    Attributes
    ----------
    columns : dict
        The columns of the table `spectra` from `N` to `reason`, but `layer_type`. A value is None
        where it is not defined, never NaN or infinite.
    eigenvalues : ndarray of float64
        In ascending order; empty where the status is ``failed``.
    """

    columns: dict[str, Any]
    eigenvalues: NDArray[np.float64]


def analyse(values: NDArray[np.floating], layer_type: str) -> Analysis:
    """Return the spectral quantities of a layer matrix.

    Parameters
    ----------
    values : ndarray
        The entries (slices, rows, cols), not empty.
    layer_type : str
        Kind of the operator; the eigenvalues of a ``Conv2d`` are halved.

    Returns
    -------
    Analysis
        Its status is

        * ``ok``: every quantity has a value;
        * ``partial``: a law cannot be fitted or a ratio is not defined; the rest has its value
          (of a matrix of zeros these are norm, spectral_norm and matrix_rank);
        * ``failed``: an entry is not finite, and no quantity has a value.
    """
    if not np.isfinite(values).all():
        return failed(values.shape, "an entry is not finite")
    try:
        ascending, matrix_rank = eigenvalues(values, layer_type)
    except np.linalg.LinAlgError as error:
        return failed(values.shape, str(error))
    shape = _shape_columns(values.shape)
    metrics, reasons = _metrics(ascending, matrix_rank, shape["N"], shape["M"])
    return _analysis(shape, metrics, "partial" if reasons else "ok", reasons, ascending)


def failed(shape: Sequence[int], reason: str) -> Analysis:
    """Return the analysis of a layer matrix of this `shape` that cannot be analysed."""
    return _analysis(_shape_columns(shape), {}, "failed", [reason], np.empty(0))


def _metrics(
    ascending: NDArray[np.float64], matrix_rank: int, N: int, M: int
) -> tuple[dict[str, Any], list[str]]:
    """Return what can be computed, and why the rest cannot."""
    metrics: dict[str, Any] = {"matrix_rank": matrix_rank}
    if ascending[-1] == 0:
        return metrics | {"norm": 0.0, "spectral_norm": 0.0}, ["all entries are zero"]
    metrics |= norms(ascending)
    reasons = []
    if matrix_rank > 1:
        metrics["entropy"] = entropy(ascending, matrix_rank)
    positive = np.count_nonzero(ascending > ZERO * ascending[-1])
    if positive < MIN_EVALS:
        return metrics, [f"{positive} eigenvalues are not zero, and a fit needs {MIN_EVALS}"]

    if tail := fit_power_law(ascending):
        metrics |= {name: getattr(tail, name) for name in ("alpha", "D", "sigma", "xmin", "xmax")}
        metrics |= {"num_pl_spikes": tail.n_tail} | alpha_norms(ascending, tail.alpha)
    else:
        reasons.append("the eigenvalues are all equal")
    if bulk := fit_marchenko_pastur(ascending, N, M):
        metrics |= asdict(bulk)
    else:
        reasons.append("no Marchenko-Pastur law fits the bulk")
    return metrics, reasons


def _shape_columns(shape: Sequence[int]) -> dict[str, Any]:
    slices, M, N = shape[0], *sorted(shape[1:])
    return {"N": N, "M": M, "rf": slices, "Q": N / M, "num_evals": M * slices}


def _analysis(
    shape: dict[str, Any],
    metrics: dict[str, Any],
    status: str,
    reasons: Sequence[str],
    ascending: NDArray[np.float64],
) -> Analysis:
    missing = dict.fromkeys(field.name for field in METRICS)
    about = {"status": status, "reason": "; ".join(reasons)}
    return Analysis(shape | missing | metrics | about, ascending)
