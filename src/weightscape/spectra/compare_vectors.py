"""The singular vectors of a layer matrix beside the initial ones, as columns of `spectra`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.config.spectra import Spectra
from weightscape.spectra.change import Start
from weightscape.spectra.intruders import count_intruders
from weightscape.spectra.power_law import count_positive
from weightscape.spectra.rotation import (
    LEADING,
    Overlaps,
    find_directions,
    find_overlaps,
    find_rotations,
)
from weightscape.spectra.vectors import Vectors, leading_vectors


def compare_vectors(
    values: NDArray[np.generic],
    start: Start,
    spectra: tuple[NDArray[np.float64], NDArray[np.float64]],
    options: Spectra,
) -> tuple[dict[str, Any], Overlaps]:
    """Return how far the singular vectors of a layer matrix have turned from their start.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols).
    start : Start
        The initial layer matrix, of the same shape and finite.
    spectra : tuple of ndarray
        The eigenvalues of both, ascending.
    options : Spectra
        What is compared: `rotation`, and the `intruder_cosine`.

    Returns
    -------
    columns : dict
        Columns of the table `spectra`, without those that have no value.
    overlaps : dict
        As of `find_overlaps`; empty where no vectors are compared.
    """
    if not options.compares_vectors:
        return {}, {}
    if values.shape[0] > 1:
        return {"vectors_reason": "several slices have no singular vectors in common"}, {}
    now, before = map(find_directions, spectra)
    if not (now.exist.any() and before.exist.any()):
        return {"vectors_reason": "all entries of one of the matrices are zero"}, {}
    vectors = leading_vectors(values[0], LEADING, options.device)
    known = start.vectors or find_initial_vectors(start.values[0], options)
    columns: dict[str, Any] = {}
    overlaps: Overlaps = {}
    reasons: list[str] = []
    if options.rotation:
        leading = Vectors(*(side[:, :LEADING] for side in known))
        columns, reason = find_rotations(vectors, leading, now, before)
        alone = now.are_alone & before.are_alone
        overlaps = find_overlaps(vectors, leading, alone)
        reasons = [reason]
        if alone.any():
            for name, each in overlaps.items():
                columns[name] = float(np.mean([value for value in each if value is not None]))
        else:
            reasons.append("overlap: no singular value is apart from its neighbours")
    if options.intruder_cosine:
        there = int(now.exist.sum())
        if there < LEADING:
            reasons.append(f"intruders: the fine-tuned matrix has {there} directions")
        else:
            initial = known.left[:, : count_positive(spectra[1])]
            columns["num_intruders"] = count_intruders(
                vectors.left, initial, options.intruder_cosine
            )
    return columns | {"vectors_reason": "; ".join(filter(None, reasons))}, overlaps


def find_initial_vectors(values: NDArray[np.generic], options: Spectra) -> Vectors:
    """Return what is compared of an initial matrix (rows, cols).

    The leading vectors; where intruders are counted all left ones, beside the leading right ones.
    """
    if not options.intruder_cosine:
        return leading_vectors(values, LEADING, options.device)
    left, right = leading_vectors(values, min(values.shape), options.device)
    return Vectors(left, np.ascontiguousarray(right[:, :LEADING]))
