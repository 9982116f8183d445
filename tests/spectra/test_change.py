"""Distance of spectra against scipy."""

import numpy as np
import pytest
from scipy import stats

from weightscape.config.spectra import Spectra
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start, log_spectrum_distance


@pytest.mark.parametrize("sizes", [(40, 40), (40, 25), (1, 3)])
def test_distance_is_that_of_scipy(sizes):
    rng = np.random.default_rng(0)
    one, other = (rng.lognormal(k, 1, size) for k, size in enumerate(sizes))
    expected = stats.wasserstein_distance(np.log10(one), np.log10(other))
    assert log_spectrum_distance(one, other) == pytest.approx(expected)


def test_distance_of_a_scaled_spectrum_is_its_decades():
    sample = np.random.default_rng(1).lognormal(0, 1, 30)
    assert log_spectrum_distance(sample, 100 * sample) == pytest.approx(2)
    assert log_spectrum_distance(sample, sample) == 0
    assert log_spectrum_distance(np.append(sample, 0), sample) == 0
    assert log_spectrum_distance(sample, np.zeros(3)) is None


def test_columns():
    rng = np.random.default_rng(5)
    start = rng.normal(size=(1, 20, 30))
    values = start + 0.1 * rng.normal(size=(1, 20, 30))
    options = Spectra(bootstrap=0, null_replicas=0)
    known = analyse(start, "Conv2d").eigenvalues
    for before in (Start(start), Start(start, known)):
        columns = analyse(values, "Conv2d", options, start=before).columns
        assert columns["log_spectrum_distance"] == pytest.approx(
            log_spectrum_distance(analyse(values, "Conv2d").eigenvalues, known)
        )
    for other in (start[:, :10], np.full_like(start, np.nan)):
        columns = analyse(values, "Conv2d", options, start=Start(other)).columns
        assert (columns["status"], columns["log_spectrum_distance"]) == ("ok", None)
    off = options.model_copy(update={"log_spectrum_distance": False})
    columns = analyse(values, "Conv2d", off, start=Start(start)).columns
    assert columns["log_spectrum_distance"] is None
