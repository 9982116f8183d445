"""Every quantity that bears WeightWatcher's name has the value of WeightWatcher 0.7.7."""

import contextlib
import io
import logging
import warnings

import numpy as np
import powerlaw
import pytest
import torch
from torch import nn

from weightscape.layers.catalogue import catalogue, matrix
from weightscape.spectra.analyse import analyse
from weightscape.spectra.null import jensen_shannon
from weightscape.spectra.power_law import fit_power_law

SHAPES = {
    "square": (96, 96),
    "wide": (48, 160),
    "tall": (200, 120),
    "gaussian": (60, 240),
    "gaussian_square": (128, 128),
    "deficient": (80, 120),
    "conv": (48, 24, 3, 3),
    "conv_square": (32, 32, 3, 3),
    "pointwise": (80, 30, 1, 1),
}
EXACT = (
    "N", "M", "Q", "rf", "num_evals", "alpha", "D", "sigma", "xmin", "xmax", "num_pl_spikes",
    "alpha_weighted", "log_alpha_norm", "norm", "log_norm", "spectral_norm", "log_spectral_norm",
    "stable_rank", "entropy", "matrix_rank",
)  # fmt: skip
MP = ("sigma_mp", "bulk_min", "bulk_max", "mp_softrank")


def weights(name, shape):
    """Return Gaussian entries, and but for one layer a power law of singular values on top."""
    rng = np.random.default_rng(len(name) + sum(shape))
    base = rng.normal(size=shape) / np.sqrt(max(shape[:2]))
    if name.startswith("gaussian"):
        return base
    for position in np.ndindex(*shape[2:]):
        small = min(shape[:2])
        left, right = (np.linalg.qr(rng.normal(size=(n, small)))[0] for n in shape[:2])
        planted = (left * np.arange(1, small + 1) ** -0.6) @ right.T
        base[(..., *position)] += 3 * planted
    if name == "deficient":
        base[50:] = base[:30]
    return base


@pytest.fixture(scope="module")
def network():
    model = nn.Module()
    for name, shape in SHAPES.items():
        if len(shape) == 2:
            module = nn.Linear(shape[1], shape[0], bias=False)
        else:
            module = nn.Conv2d(shape[1], shape[0], shape[2:], bias=False)
        module.weight = nn.Parameter(torch.from_numpy(weights(name, shape)).float())
        model.add_module(name, module)
    return model


@pytest.fixture(scope="module")
def theirs(network):
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import weightwatcher

        watcher = weightwatcher.WeightWatcher(model=network)
        logging.getLogger("weightwatcher").setLevel(logging.CRITICAL)
        frame = watcher.analyze(mp_fit=True)
    root.handlers[:], root.level = handlers, level
    return frame.set_index("longname")


@pytest.fixture(scope="module")
def ours(network):
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    layers = catalogue({name: value.shape for name, value in state.items()}, "").layers
    return {
        entry.layer: analyse(matrix(state[entry.parameter], entry), entry.layer_type).columns
        for entry in layers
    }


@pytest.mark.parametrize("name", SHAPES)
def test_spectrum(ours, theirs, name):
    for column in EXACT:
        assert ours[name][column] == pytest.approx(theirs.loc[name, column], rel=1e-6), column


@pytest.mark.parametrize("name", ["wide", "tall", "gaussian", "conv", "pointwise"])
def test_bulk(ours, theirs, name):
    for column in MP:
        assert ours[name][column] == pytest.approx(theirs.loc[name, column], rel=5e-3), column
    assert ours[name]["num_spikes"] == theirs.loc[name, "num_spikes"]


def test_bulk_of_a_deficient_matrix(ours):
    """WeightWatcher reports a scale here, although it has refused every one that it has tried."""
    assert ours["deficient"]["matrix_rank"] == 50
    assert ours["deficient"]["sigma_mp"] is None
    assert ours["deficient"]["status"] == "partial"


def test_bulk_of_a_square_matrix(ours, theirs):
    """The support of WeightWatcher's law is fixed at Q = 1: right for noise, wrong with spikes."""
    noise, spiked = "gaussian_square", "square"
    assert ours[noise]["sigma_mp"] == pytest.approx(theirs.loc[noise, "sigma_mp"], rel=0.02)
    assert theirs.loc[spiked, "sigma_mp"] > 1
    assert ours[spiked]["sigma_mp"] < 0.95


def fit_by_weightwatcher(sample):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from weightwatcher.WW_powerlaw import WWFit

        return WWFit(sample).alpha


def fit_by_powerlaw(sample):
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return powerlaw.Fit(sample, verbose=False).alpha


@pytest.mark.parametrize(
    "sample",
    [
        np.round(1 + np.random.default_rng(0).pareto(1.5, 400), 1),
        1 + np.random.default_rng(1).pareto(2, 15),
    ],
    ids=["ties", "fewer than 20"],
)
def test_weightwatcher_departs_from_the_definition(theirs, sample):
    """It takes repeated values for distinct ones, and another estimator below 20 values."""
    ours, definition = fit_power_law(sample).alpha, fit_by_powerlaw(sample)
    assert ours == pytest.approx(definition, rel=1e-9)
    assert fit_by_weightwatcher(sample) != pytest.approx(definition, rel=1e-3)


def test_alpha_does_not_depend_on_the_scale(theirs):
    """WeightWatcher leaves out eigenvalues below 1e-5, whatever the scale of the weights."""
    values = weights("wide", SHAPES["wide"])[np.newaxis]
    plain, small = (analyse(factor * values, "Linear").columns for factor in (1, 1e-4))
    assert small["alpha"] == pytest.approx(plain["alpha"], rel=1e-9)
    model = nn.Module()
    module = nn.Linear(160, 48, bias=False)
    module.weight = nn.Parameter(torch.from_numpy(1e-4 * values[0]).float())
    model.add_module("small", module)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import weightwatcher

        frame = weightwatcher.WeightWatcher(model=model).analyze()
    assert frame.loc[0, "status"] == "failed"


def test_rand_distance_is_defined_as_theirs(theirs):
    from weightwatcher.RMT_Util import jensen_shannon_distance

    one, other = (np.sort(np.random.default_rng(s).gamma(1, 1, 50)) for s in (1, 2))
    # Shuffling keeps the sum; of unequal ones WeightWatcher normalises too late.
    other *= one.sum() / other.sum()
    assert jensen_shannon(one, other) == pytest.approx(jensen_shannon_distance(one, other))
