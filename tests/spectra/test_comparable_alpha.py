"""Exponents to compare networks by, against powerlaw 1.5 and against what moves a scanned alpha."""

import json
import warnings

import numpy as np
import powerlaw
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from weightscape.config.run import RunId
from weightscape.config.spectra import Spectra
from weightscape.layers.extract import extract_weights
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start
from weightscape.spectra.comparable_alpha import (
    find_fixed_alpha,
    find_largest_alpha,
    find_upper_half_alpha,
)
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.power_law import fit_power_law

OPTIONS = Spectra(bootstrap=0, goodness_of_fit=0, null_replicas=0)
NAMES = ("alpha_fixed_k", "alpha_hill", "alpha_farms")


def spectrum(n=300, seed=0):
    return np.sort(np.random.default_rng(seed).pareto(1.5, n) + 1)


def fit_by_powerlaw(sample, xmin):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return powerlaw.Fit(sample, xmin=xmin, verbose=False).alpha


def initial_matrix(rng, side=192):
    """Return noise and, in a fifth of its directions, a heavy tail that begins within the bulk."""
    left, right = (np.linalg.qr(rng.normal(size=(side, side)))[0] for _ in range(2))
    tail = np.zeros(side)
    tail[: side // 5] = 1.5 * (1 - rng.random(side // 5)) ** -0.25
    return rng.normal(size=(side, side)) / side**0.5 + left * tail @ right.T


@pytest.mark.parametrize("k", [2, 17, 150, 300])
def test_the_k_largest_have_the_exponent_that_powerlaw_fits_from_the_smallest_of_them_on(k):
    sample = spectrum()
    expected = fit_by_powerlaw(sample, sample[-k])
    assert find_largest_alpha(sample, k) == pytest.approx(expected, rel=1e-12)
    assert find_largest_alpha(1e-7 * sample, k) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [300, 301])
def test_the_upper_half_is_that_of_the_eigenvalues_that_are_not_zero(n):
    sample = spectrum(n)
    expected = fit_by_powerlaw(sample, sample[n // 2])
    assert find_upper_half_alpha(sample) == pytest.approx(expected, rel=1e-12)
    padded = np.concatenate([np.zeros(40), np.full(7, 1e-12), sample])
    assert find_upper_half_alpha(padded) == pytest.approx(expected, rel=1e-12)


def test_of_the_initial_spectrum_it_is_alpha():
    for seed in range(20):
        # Rounded values repeat, also at the start of the tail.
        for sample in (spectrum(seed=seed), np.sort(spectrum(seed=seed).round(1))):
            expected = fit_power_law(sample).alpha
            assert find_fixed_alpha(sample, sample) == pytest.approx(expected, rel=1e-12)


def test_the_number_is_kept_and_no_threshold():
    initial = spectrum()
    k = fit_power_law(initial).n_tail
    for other in (1.3 * initial, 0.7 * initial):
        assert find_fixed_alpha(other, initial) == pytest.approx(find_fixed_alpha(initial, initial))
    other = spectrum(seed=1)
    assert find_fixed_alpha(other, initial) == find_largest_alpha(other, k)


@pytest.mark.parametrize(
    ("sample", "k"),
    [
        (np.ones(20), 5),
        (np.zeros(20), 5),
        (np.empty(0), 0),
        (np.empty(0), 3),
        (np.arange(1.0, 9), 0),
        (np.arange(1.0, 9), 1),
        (np.arange(1.0, 9), 9),
        (np.append(np.zeros(10), [1.0, 2.0]), 3),
    ],
)
def test_what_has_no_exponent_has_none(sample, k):
    assert find_largest_alpha(sample, k) is None


@pytest.mark.parametrize("sample", [np.ones(20), np.zeros(20), np.empty(0)])
def test_a_spectrum_without_a_tail_gives_no_length(sample):
    assert find_fixed_alpha(spectrum(), sample) is None
    assert find_upper_half_alpha(sample) is None


def test_between_two_runs_it_is_steadier_than_a_scanned_alpha():
    """Two runs of one start differ in a small random step, as twins do."""
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(12):
        start = initial_matrix(rng)
        before = eigenvalues(start[None], "Linear").ascending
        runs = [
            eigenvalues((start + 0.003 * rng.normal(size=start.shape))[None], "Linear").ascending
            for _ in range(2)
        ]
        differences.append(
            [
                np.subtract(*(fit_power_law(run).alpha for run in runs)),
                np.subtract(*(find_fixed_alpha(run, before) for run in runs)),
                np.subtract(*map(find_upper_half_alpha, runs)),
            ]
        )
    scanned, fixed, half = np.std(differences, axis=0)
    assert fixed < scanned / 3
    assert half < scanned / 3


@pytest.mark.parametrize("form", ["pooled", "unfolded"])
def test_the_runs_of_a_study_have_the_length_of_their_initial_network(tmp_path, form):
    rng = np.random.default_rng(5)
    weights = {"conv.weight": rng.normal(size=(24, 16, 3, 3)), "fc.weight": initial_matrix(rng, 60)}
    paths = []
    for step in (0.0, 0.3):
        moved = {n: (w + step * rng.normal(size=w.shape)).astype("f4") for n, w in weights.items()}
        about = json.dumps({"network": {"classifier": "fc"}})
        save_file(moved, tmp_path / "model.safetensors", metadata={"weightscape": about})
        paths.append(tmp_path / f"weights-{step}.parquet")
        extract_weights(tmp_path / "model.safetensors", paths[-1], {})
    run, options = RunId("d", "b", "c", 0), OPTIONS.model_copy(update={"form": form})
    before, after = ([tmp_path / f"{name}-{i}" for name in ("spectra", "esd")] for i in range(2))
    fit_spectra(paths[0], None, run, before, {}, options)
    fit_spectra(paths[1], Initial(paths[0], before[1]), run, after, {}, options)
    tables = [pq.read_table(path).to_pandas() for path in (before[0], *after)]
    initial, found, spectra = (table.set_index(["stage", "layer"]) for table in tables)
    assert len(initial) == 2
    assert (initial["alpha_fixed_k"] == initial["alpha"]).all()
    for (_, layer), start in initial.iterrows():
        expected = find_largest_alpha(
            spectra.loc[("finetuned", layer), "values"], int(start["num_pl_spikes"])
        )
        assert found.loc[("finetuned", layer), "alpha_fixed_k"] == expected
        assert np.isfinite(found.loc[("delta", layer), "alpha"])
        assert np.isnan(found.loc[("delta", layer), "alpha_fixed_k"])


def test_columns():
    rng = np.random.default_rng(3)
    start = initial_matrix(rng)[None, :, :150]
    values = start + 0.05 * rng.normal(size=start.shape)
    alone = analyse(start, "Linear", OPTIONS)
    assert alone.columns["alpha_hill"] == find_upper_half_alpha(alone.eigenvalues)
    assert alone.columns["alpha_fixed_k"] is None  # nothing says what it started from
    for before in (Start(start), Start(start, alone.eigenvalues)):
        found = analyse(values, "Linear", OPTIONS, start=before)
        k = alone.columns["num_pl_spikes"]
        assert found.columns["alpha_fixed_k"] == find_largest_alpha(found.eigenvalues, k)
        assert found.columns["alpha_farms"] is None
    apart = OPTIONS.model_copy(update={"log_spectrum_distance": False})
    columns = analyse(values, "Linear", apart, start=Start(start)).columns
    assert columns["alpha_fixed_k"] == found.columns["alpha_fixed_k"]


def test_a_layer_that_has_no_alpha_or_started_from_none_has_no_other():
    rng = np.random.default_rng(4)
    normal = rng.normal(size=(1, 40, 30))
    low_rank = rng.normal(size=(1, 40, 5)) @ rng.normal(size=(1, 5, 30))
    options = OPTIONS.model_copy(update={"farms": True})
    for values in (np.zeros((1, 40, 30)), np.eye(40)[None, :, :30], low_rank):
        columns = analyse(values, "Linear", options, start=Start(normal)).columns
        assert columns["status"] == "partial"
        assert [columns[name] for name in NAMES] == [None] * 3
        columns = analyse(normal, "Linear", options, start=Start(values)).columns
        assert columns["status"] == "ok"
        assert columns["alpha_fixed_k"] is None
        assert min(columns["alpha_farms"], columns["alpha_hill"]) > 1
