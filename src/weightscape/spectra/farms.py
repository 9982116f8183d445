"""The exponent of sub-matrices of one aspect ratio, whatever that of the layer.

How the bulk of a spectrum is shaped, and with it an exponent that reaches into the bulk, depends on
the ratio of a matrix's sides. Sub-matrices that are all square are alike in that.
"""

import numpy as np
from numpy.typing import NDArray

from weightscape.spectra.comparable_alpha import find_upper_half_alpha
from weightscape.spectra.eigenvalues import eigenvalues

SIDE = 100
"""Rows and columns of a window on a matrix, fewer where one of its sides is shorter."""
PLACES = 9
"""Places of a window along a side, at most."""


def find_farms_alpha(
    values: NDArray[np.generic], layer_type: str, device: str = "cpu"
) -> float | None:
    """Return the fixed-aspect-ratio exponent of a layer matrix (FARMS) [1]_.

    It has the settings of the paper's image classification: aspect ratio 1, `SIDE` and `PLACES`.

    * A convolution of a slice per kernel position: its slices are cut into ⌊N/M⌋ square blocks
      along the longer side N, M being the shorter one; a rest of less than M rows is left out. The
      eigenvalues of a block are pooled over the slices, and the exponents of their upper halves
      are averaged over the blocks.
    * Any other layer: square windows, which overlap, at `PLACES` × `PLACES` places spread evenly
      over the matrix. Their eigenvalues are pooled, and the exponent is that of the upper half.

    A sub-matrix mixes the singular directions of the whole, so that this is not the exponent of the
    layer's own spectrum, and where a few directions stand out the windows hold fewer of them.

    Parameters
    ----------
    values : ndarray
        The finite entries (slices, rows, cols), at least one.
    layer_type : str
        Kind of the operator; ``Conv…`` is a convolution of a slice per kernel position.
    device : str, optional
        Where the eigenvalues are computed, see `weightscape.spectra.eigenvalues.eigenvalues`.

    Returns
    -------
    float or None
        None where one of the exponents does not exist, as with entries that are all zero.

    References
    ----------
    .. [1] Hu, Goel, Killiakov and Yang 2025, arXiv:2506.06280
    """
    parts = _cut(values) if layer_type.startswith("Conv") else [_see_through_windows(values)]
    alphas = [
        find_upper_half_alpha(eigenvalues(part, layer_type, device).ascending) for part in parts
    ]
    found = [alpha for alpha in alphas if alpha is not None]
    return float(np.mean(found)) if len(found) == len(alphas) else None


def _cut(values: NDArray[np.generic]) -> list[NDArray[np.generic]]:
    """Return the square blocks along the longer side, each (slices, M, M)."""
    tall = values if values.shape[1] >= values.shape[2] else values.swapaxes(1, 2)
    side = tall.shape[2]
    return [tall[:, end - side : end] for end in range(side, tall.shape[1] + 1, side)]


def _see_through_windows(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the windows (slices · windows, side, side) on all slices."""
    side = min(SIDE, *values.shape[1:])
    rows, cols = (
        np.unique(np.linspace(0, length - side, PLACES).astype(int)) for length in values.shape[1:]
    )
    windows = np.lib.stride_tricks.sliding_window_view(values, (side, side), (1, 2))
    seen: NDArray[np.generic] = windows[:, rows[:, None], cols].reshape(-1, side, side)
    return seen
