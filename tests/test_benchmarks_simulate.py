"""The random matrices about which the truth is known, and the tables that hold it against words."""

from typing import get_args

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch
from scipy import stats

from benchmarks import designs, draws, simulate, truth, truth_bulk, truth_power_laws


def test_pareto_draws():
    sample = draws.pareto(2.5, 2000, np.random.default_rng(0))
    assert stats.kstest(sample, stats.pareto(1.5).cdf).pvalue > 0.01


def test_matrix_with_a_spectrum():
    eigenvalues = np.geomspace(1, 100, 40)
    values = draws.with_spectrum(eigenvalues, 120, np.random.default_rng(0))
    singular = np.linalg.svd(values.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(singular[::-1] ** 2, eigenvalues, rtol=1e-5)
    # Neither rows nor columns tell where a singular value has come from.
    assert np.abs(values).max() < 6 * values.std()


def test_noise_and_spikes_lie_where_theory_says():
    rng = np.random.default_rng(0)
    noise = draws.gaussian(1600, 400, rng)
    assert np.linalg.norm(noise, 2) ** 2 == pytest.approx(draws.bulk_edge(noise), rel=0.03)
    assert draws.bulk_edge(noise) == pytest.approx(truth_bulk.edge(4), rel=0.01)
    spiked = draws.spiked(3.0, 1600, 400, rng)
    assert np.linalg.norm(spiked, 2) ** 2 == pytest.approx(draws.outlier(3.0, 4), rel=0.05)
    assert draws.outlier(0.5, 4) == draws.outlier(1.0, 4) == pytest.approx(truth_bulk.edge(4))


def test_spectrum_of_noise_without_the_matrix():
    rng = np.random.default_rng(0)
    of = [draws.gaussian_spectrum(60, 20, rng) for _ in range(200)]
    direct = [np.linalg.svd(rng.normal(size=(60, 20)), compute_uv=False) ** 2 for _ in range(200)]
    for place in (0, 10, 19):  # ascending there, descending here
        lots = [x[place] for x in of], [x[19 - place] for x in direct]
        assert stats.ks_2samp(*lots).pvalue > 0.01


def test_bfloat16_is_that_of_torch():
    values = np.random.default_rng(0).normal(size=(300, 10)).astype(np.float32)
    values[0] = 1 + 2**-8 + 2.0**-7 * np.arange(10)  # halfway between two
    expected = torch.from_numpy(values).bfloat16().float().numpy()
    np.testing.assert_array_equal(draws.round_to_bfloat16(values), expected)
    np.testing.assert_array_equal(draws.round_to_bfloat16(values[:, ::2]), expected[:, ::2])


def drawn(name, size=96):
    matrix = designs.DESIGNS[name].draw(size, np.random.default_rng(1))
    return matrix, [np.sort(np.linalg.svd(of, compute_uv=False) ** 2) for of in matrix.values]


@pytest.mark.parametrize("name", designs.DESIGNS)
def test_designs_have_the_eigenvalues_they_are_asked_for(name):
    matrix, of_slices = drawn(name)
    assert np.isfinite(matrix.values).all()
    assert sum(map(len, of_slices)) == (99 if name == "kernel positions differ" else 96)


@pytest.mark.parametrize("aspect", designs.ASPECTS)
def test_a_power_law_starts_where_the_bulk_ends(aspect):
    matrix, [ascending] = drawn(f"power law 3 on 50%, N/M = {aspect}", 800 // aspect)
    assert matrix.values.shape == (1, 800, 800 // aspect)
    half = 400 // aspect
    assert ascending[half - 1] == pytest.approx(1, rel=1e-4)
    assert stats.kstest(ascending[half:], stats.pareto(2).cdf).pvalue > 0.01
    bulk = (1 - aspect**-0.5) ** 2 / (1 + aspect**-0.5) ** 2  # lower over upper edge
    assert ascending[0] == pytest.approx(bulk, abs=0.02)


def test_directions_stand_out_by_their_factor():
    _, [ascending] = drawn("8 spikes", 400)
    assert ascending[-9] < 4.1 < ascending[-8]
    # A spike of s in square noise of variance 1/M comes out at s + 1/s.
    assert ascending[-1] ** 0.5 == pytest.approx(6 + 1 / 6, rel=0.03)
    _, [ascending] = drawn("M/8 spikes", 400)
    assert ascending[-51] < 5 < 9 < ascending[-50]


def test_positions_differ_in_variance_around_their_mean():
    matrix, _ = drawn("kernel positions differ", 1024)
    assert matrix.layer_type == "Conv2d"
    variances = matrix.values.var(axis=(1, 2)) * matrix.values.shape[1]
    assert variances.max() == pytest.approx(2 * variances.mean(), rel=0.05)
    assert variances.min() == pytest.approx(0.7 * variances.mean(), rel=0.05)


def test_changes_have_the_rounding_of_what_is_stored():
    matrix, [ascending] = drawn("rounded change of rank 8", 256)
    assert matrix.rounding.dtype == "bfloat16"
    assert np.count_nonzero(ascending > matrix.rounding.edge**2) == 8


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return the file and the rows of the smallest simulation."""
    path = tmp_path_factory.mktemp("simulation") / simulate.FILE
    return path, simulate.simulate(list(simulate.matrices(True, 1)), path, True)


def test_simulation_goes_on_where_it_stopped(simulated, tmp_path):
    path, frame = simulated
    wanted = list(simulate.matrices(True, 1))
    assert [tuple(row) for row in frame[list(simulate.KEY[:-1])].to_numpy()] == wanted
    # One row is of other code, one is missing, and one is marked, to see it again.
    known = frame.iloc[1:].copy()
    known.iloc[0, known.columns.get_loc("stamp")] = "other"
    known.iloc[-1, known.columns.get_loc("bulk_max")] = 99.0
    partial = tmp_path / path.name
    known.to_parquet(partial, index=False)
    again = simulate.simulate(wanted, partial, True)
    assert pq.read_metadata(partial).num_rows == len(wanted)
    keys = list(simulate.KEY)
    pd.testing.assert_frame_equal(frame[keys], again[keys])
    changed = frame.bulk_max.compare(again.bulk_max)
    assert changed.other.tolist() == [99.0]
    # Fewer are wanted: the others are still there.
    assert len(simulate.simulate(wanted[:3], partial, True)) == 3
    assert pq.read_metadata(partial).num_rows == len(wanted)


def test_simulated_rows_know_the_truth(simulated):
    _, frame = simulated
    gaussian = frame[frame.design == "Gaussian, N/M = 4"]
    np.testing.assert_allclose(gaussian.true_edge, truth_bulk.edge(4), rtol=0.1)
    assert set(frame.kind) == set(get_args(designs.Kind))
    assert frame.set_index("design").true_alpha["power law 3 on 50%, N/M = 1"].eq(3).all()
    assert frame[frame.design == "kernel positions differ"].true_edge.isna().all()


def test_designs_that_are_kept_apart_have_tables_of_their_own(monkeypatch, tmp_path):
    def tiny(quick, factor):
        return [simulate.Matrix(name, 32, 0) for name in ("exponential", "seen later")]

    apart = {"seen later": designs.DESIGNS["product of two"]}
    monkeypatch.setattr(simulate, "matrices", tiny)
    monkeypatch.setattr(simulate, "APART", apart)
    monkeypatch.setattr(simulate, "ALL", simulate.ALL | apart)
    monkeypatch.setattr(simulate, "_OWN", {simulate.designs_apart: apart})
    monkeypatch.setattr(simulate, "simulate", lambda wanted, *_: pd.DataFrame(
        [simulate._row(matrix, True) for matrix in wanted]
    ))  # fmt: skip
    tables = {table.title: table.rows for table in simulate.measure(tmp_path, True, 1)}
    names = "Spectra without a power law{}, % of matrices"
    assert [row["design"] for row in tables[names.format("")]] == ["exponential"]
    assert [row["design"] for row in tables[names.format(", kept apart")]] == ["seen later"]
    assert simulate.stamp("seen later", True) != simulate.stamp("exponential", True)


def cells(**columns):
    """Return the rows of power laws on half of 512, with what is given."""
    frame = {
        "design": "a", "kind": "power law", "eigenvalues": 512, "true_share": 0.5,
        "true_alpha": 2.0, "heavy": True, "alpha": 2.1, "alpha_low": 1.8, "alpha_high": 2.4,
        "pl_p_value": 0.5, "lr_nested_p": 0.5, "num_pl_spikes": 200, "null_max": 1.0,
        "null_alpha_low": 9.0, "tail_cv_low": 0.9, "tail_cv_high": 1.1, "trusted": True,
    }  # fmt: skip
    return pd.DataFrame(frame | columns)


def test_tables_of_the_truth():
    frame = cells(
        alpha=[2.1, 2.3, 1.9, 2.5], alpha_low=[1.8, 2.1, 1.7, np.nan],
        alpha_high=[2.4, 2.5, 2.1, np.nan], pl_p_value=[0.01, 0.5, 0.05, 0.9],
        trusted=[True, True, False, None],
    )  # fmt: skip
    [row] = truth_power_laws.power_laws(frame, "").rows
    assert row["bias"] == pytest.approx(0.2)
    assert row["covers"] == 50  # a missing interval covers nothing
    assert row["covers where trusted"] == 50
    assert row["p ≤ 5 %"] == 50
    assert row["trusted"] == 50


def test_a_bar_is_held_against_the_worst_cell():
    designs_of = ["a"] * 100 + ["b"] * 100
    frame = cells(design=designs_of, trusted=[k >= 20 for k in range(100)] * 2)
    frame.loc[frame.design == "b", "trusted"] = [k >= 45 for k in range(100)]
    [row] = [row for row in truth.in_short(frame, "").rows if "512" in row["share"]]
    assert row["found"].startswith("67.5 %")
    assert (row["worst cell"], row["there"].split(" [")[0]) == ("b; 512", "55.0 %")
    assert (row["bar"], row["met"]) == ("≥ 60%", "no")
    noise = cells(kind="noise", heavy=[k < 7 for k in range(100)], trusted=False)
    [heavy, trusted] = truth.in_short(noise, "").rows
    # 5 % and twice the standard error of 100 matrices, 2.2 % each.
    assert (heavy["there"].split(" [")[0], heavy["met"]) == ("7.0 %", "yes")
    assert trusted["met"] == "yes"
    assert not truth.Bar(0.05, most=True).met(0.1, 100)


def test_the_trade_off_moves_the_lower_limit_alone():
    frame = cells(
        tail_cv_low=[0.81, 0.87, 0.91, 0.95], tail_cv_high=[1.2, 1.2, 1.3, 1.2],
        pl_p_value=[0.5, 0.5, 0.5, 0.01], trusted=[False, True, False, False],
    )  # fmt: skip
    table = truth_power_laws.trade_off(frame)
    found = {row["lower limit"][:4]: row["power laws on half of 512"] for row in table.rows}
    assert found["0.80"] == "50.0 (50.0–50.0)"
    assert found["0.86"] == "25.0 (25.0–25.0)"
    assert found["0.88"] == "0.0 (0.0–0.0)"
