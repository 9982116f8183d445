"""The columns of the bulk, pooled over slices and slice by slice."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.config.spectra import Spectra
from weightscape.spectra.dyson_equalizer import count_equalized_spikes
from weightscape.spectra.eigenvalues import factor_of
from weightscape.spectra.marchenko_pastur import fit_marchenko_pastur
from weightscape.spectra.robust_bulk import fit_robust_bulk


def fit_bulk(
    values: NDArray[np.generic],
    layer_type: str,
    ascending: NDArray[np.float64],
    of_slices: NDArray[np.float64],
    options: Spectra,
) -> tuple[dict[str, Any], list[str]]:
    """Return the columns of the bulk.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), not all zero.
    layer_type : str
        Kind of the operator.
    ascending : ndarray of float64
        Eigenvalues that are pooled over the slices, in ascending order.
    of_slices : ndarray of float64
        Eigenvalues of each slice (slices, min(rows, cols)) in ascending order.
    options : Spectra
        Which of the columns are computed.

    Returns
    -------
    columns : dict
        Those of `MarchenkoPastur` and `RobustBulk`, and `num_equalized_spikes`, as far as they are
        asked for and defined.
    reasons : list of str
        Why one that is asked for is missing.
    """
    columns: dict[str, Any] = {}
    reasons = []
    if options.marchenko_pastur:
        M, N = sorted(values.shape[1:])
        if bulk := fit_marchenko_pastur(ascending, N, M):
            columns |= asdict(bulk)
        else:
            reasons.append("no Marchenko-Pastur law fits the bulk")
        sides = np.stack([values.any(axis=axis).sum(axis=1) for axis in (2, 1)], axis=1)
        if robust := fit_robust_bulk(of_slices, sides):
            columns |= asdict(robust)
        else:
            reasons.append("half of the eigenvalues of a slice or more are spikes or zero")
    if options.dyson_equalizer:
        spikes = count_equalized_spikes(values, of_slices / factor_of(layer_type))
        if spikes is None:
            reasons.append("half of the eigenvalues of a slice are zero: no noise to equalize")
        else:
            columns["num_equalized_spikes"] = spikes
    return columns, reasons
