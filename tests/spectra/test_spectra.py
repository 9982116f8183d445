"""Norms, the analysis of one layer matrix, and the tables of a network."""

import json
import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy import stats

from weightscape.config.run import RunId
from weightscape.config.spectra import CHEAP, Spectra
from weightscape.layers.extract import extract_weights
from weightscape.spectra import stream
from weightscape.spectra.analyse import MIN_EVALS, analyse
from weightscape.spectra.change import Start
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.metrics import METRICS as OF_SPECTRA
from weightscape.spectra.metrics_rotation import ROTATION
from weightscape.spectra.norms import alpha_norms, entropy, norms
from weightscape.spectra.stream import Layer, analyse_layers
from weightscape.spectra.table import SCHEMA
from weightscape.tables import table

METRICS = [metric.name for metric in OF_SPECTRA]
# What the defaults compute of any matrix that a law can be fitted to. An interval needs resamples
# of more than one value.
ALWAYS = set(METRICS) - {
    "alpha_low", "alpha_high", "tail_cv", "tail_cv_low", "tail_cv_high",
    "alpha_fixed_k", "alpha_hill", "alpha_farms",
    "log_spectrum_distance", *(metric.name for metric in ROTATION),
    "rounding_edge", "share_unmoved",
    "null_alpha", "null_alpha_low", "null_num_spikes", "rand_distance", "num_equalized_spikes",
    "num_tw_traps", "trap_p_value", "trap_ipr_left", "trap_ipr_right", "trap_row", "trap_col",
}  # fmt: skip
COLUMNS = {"N", "M", "rf", "Q", "num_evals", *METRICS, "status", "reason"}
POOLED = Spectra(form="pooled")
ODD_MATRICES = 5000  # in the slow test
RUN = RunId("digits", "tiny", "baseline", 0)


def layer(shape=(1, 40, 30), seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def is_sound(analysis):
    """Say whether all columns are there, numbers finite, and gaps explained."""
    columns = analysis.columns
    assert set(columns) == COLUMNS
    kinds = {pa.float64(): int | float, pa.int32(): int, pa.bool_(): bool, pa.string(): str}
    for field in map(SCHEMA.field, METRICS):
        value = columns[field.name]
        assert value is None or isinstance(value, kinds[field.type]), (field.name, value)
        assert not isinstance(value, float) or np.isfinite(value), (field.name, value)
    assert np.isfinite(analysis.eigenvalues).all()
    assert (columns["status"] == "ok") == (not columns["reason"])
    assert (columns["alpha"] is None) == (columns["trusted"] is None)
    if columns["status"] == "ok":
        assert not [name for name in ALWAYS if columns[name] is None]
    if columns["status"] == "failed":
        assert all(columns[name] is None for name in METRICS)
    return True


def test_norms_are_those_of_the_matrix():
    values = layer()
    columns = analyse(values, "Linear").columns
    singular = np.linalg.svd(values[0].astype(np.float64), compute_uv=False)
    assert columns["norm"] == pytest.approx(np.linalg.norm(values[0].astype(float)) ** 2)
    assert columns["spectral_norm"] == pytest.approx(singular[0] ** 2)
    assert columns["log_norm"] == pytest.approx(np.log10(columns["norm"]))
    assert columns["stable_rank"] == pytest.approx((singular**2).sum() / singular[0] ** 2)
    assert columns["effective_rank"] == pytest.approx(np.exp(stats.entropy(singular)))
    assert columns["entropy"] == pytest.approx(stats.entropy(singular**2) / np.log(30), rel=1e-6)
    shape = {name: columns[name] for name in ("N", "M", "rf", "Q", "num_evals", "matrix_rank")}
    assert shape == {"N": 40, "M": 30, "rf": 1, "Q": 4 / 3, "num_evals": 30, "matrix_rank": 30}


def test_effective_rank_of_equal_singular_values_is_their_number():
    assert norms(np.full(7, 3.0))["effective_rank"] == pytest.approx(7)
    assert norms(np.array([0.0, 0.0, 5.0]))["effective_rank"] == pytest.approx(1)
    assert entropy(np.full(7, 3.0), 7) == pytest.approx(1)


def test_alpha_norm_does_not_overflow():
    values = np.array([0.0, 1e10, 1e12])
    assert alpha_norms(values, 2.0)["log_alpha_norm"] == pytest.approx(np.log10(1e20 + 1e24))
    assert alpha_norms(values, 200.0)["log_alpha_norm"] == pytest.approx(2400)
    assert alpha_norms(values, 200.0)["alpha_weighted"] == pytest.approx(2400)


SHAPES = st.sampled_from([(1, 20, 20), (1, 12, 50), (4, 16, 10), (9, 9, 8)])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), shape=SHAPES, heavy=st.booleans())
def test_rows_may_be_permuted_rotated_and_scaled(seed, shape, heavy):
    rng = np.random.default_rng(seed)
    values = rng.standard_t(2, size=shape) if heavy else rng.normal(size=shape)
    rotation = np.linalg.qr(rng.normal(size=(shape[1], shape[1])))[0]
    factor = 10 ** rng.uniform(-5, 3)
    plain = analyse(values, "Conv2d").columns
    for other, scale in (
        (values[:, rng.permutation(shape[1])], 1),
        (rotation @ values, 1),
        (values.swapaxes(1, 2), 1),
        (factor * values, factor**2),
    ):
        columns = analyse(other, "Conv2d").columns
        for name in ("alpha", "D", "sigma", "stable_rank", "effective_rank", "entropy",
                     "matrix_rank", "num_pl_spikes", "num_spikes"):  # fmt: skip
            assert columns[name] == pytest.approx(plain[name], rel=1e-7), name
        for name in ("norm", "spectral_norm", "xmin", "xmax"):
            assert columns[name] == pytest.approx(scale * plain[name], rel=1e-7), name
        assert columns["sigma_mp"] == pytest.approx(plain["sigma_mp"], rel=5e-3)


def orthogonal(size):
    return np.linalg.qr(layer((size, size)))[0][np.newaxis]


@pytest.mark.parametrize(
    ("values", "status", "reason"),
    [
        (np.full((1, 9, 9), np.nan), "failed", "not finite"),
        (np.where(np.eye(9) > 0, np.inf, 1.0)[np.newaxis], "failed", "not finite"),
        (np.zeros((1, 9, 9)), "partial", "zero"),
        (np.ones((1, 30, 20), np.float32), "partial", "1 eigenvalues"),
        (np.ones((4, 30, 20), np.float32), "partial", "4 eigenvalues"),
        (layer((1, 1, 1)), "partial", "1 eigenvalues"),
        (layer((1, 50, MIN_EVALS - 1)), "partial", "7 eigenvalues"),
        (layer((1, 50, MIN_EVALS)), "ok", ""),
        (orthogonal(32), "partial", "equal"),
        (np.eye(32)[np.newaxis], "partial", "equal"),
        (layer() * np.float32(1e-30), "ok", ""),
        (layer() * np.float32(1e30), "ok", ""),
    ],
    ids=["nan", "inf", "zeros", "rank one", "rank one slices", "scalar", "7 columns", "8 columns",
         "orthogonal", "identity", "tiny entries", "huge entries"],
)  # fmt: skip
@pytest.mark.parametrize("layer_type", ["Linear", "Conv2d"])
def test_awkward_matrices(values, status, reason, layer_type):
    analysis = analyse(values, layer_type)
    assert is_sound(analysis)
    assert analysis.columns["status"] == status
    assert reason in analysis.columns["reason"]
    if status == "failed":
        assert analysis.eigenvalues.size == 0
    else:
        assert analysis.eigenvalues.size == analysis.columns["num_evals"]


def test_zeros_have_norm_and_rank_zero():
    columns = analyse(np.zeros((1, 9, 9)), "Linear").columns
    assert (columns["norm"], columns["spectral_norm"], columns["matrix_rank"]) == (0, 0, 0)
    assert columns["log_norm"] is columns["stable_rank"] is None


@pytest.mark.parametrize("rank", [1, 12])
def test_a_low_rank_change(rank):
    rng = np.random.default_rng(9)
    values = rng.normal(size=(1, 64, rank)) @ rng.normal(size=(1, rank, 48))
    columns = analyse(values, "Linear").columns
    assert columns["matrix_rank"] == rank
    assert (columns["alpha"] is None) == (rank == 1)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    slices=st.integers(1, 4),
    rows=st.integers(1, 14),
    cols=st.integers(1, 14),
    kept=st.floats(0, 1),
    scale=st.floats(-30, 30),
)
def test_no_matrix_raises_or_gives_nan(seed, slices, rows, cols, kept, scale):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(slices, rows, cols)) * (rng.random((slices, rows, cols)) < kept)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_sound(analyse((values * 10**scale).astype(np.float32), "Conv2d"))


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a network's table of weights."""

    def write(name, **parameters):
        state = {key.replace("__", "."): value for key, value in parameters.items()}
        save_file(
            state,
            tmp_path / f"{name}.safetensors",
            metadata={"weightscape": json.dumps({"network": {"classifier": "fc"}})},
        )
        path = tmp_path / f"{name}.parquet"
        extract_weights(tmp_path / f"{name}.safetensors", path, {})
        return path

    return write


def conv(seed):
    return np.random.default_rng(seed).normal(size=(16, 12, 3, 3)).astype(np.float32)


def fitted(tmp_path, weights, initial=None, options=POOLED):
    outputs = tmp_path / "spectra.parquet", tmp_path / "eigenvalues.parquet"
    before = None
    if initial:
        before = Initial(initial, tmp_path / "initial.parquet")
        unused = tmp_path / "unused.parquet"
        fit_spectra(initial, None, RUN, (unused, before.eigenvalues), {}, options)
    fit_spectra(weights, before, RUN, outputs, {"study": "s"}, options)
    assert all(table.provenance_of(path) == {"study": "s"} for path in outputs)
    rows, values = (table.read(path).to_pylist() for path in outputs)
    keys = ("layer", "stage", "role", "block", "form")
    assert [[r[k] for k in keys] for r in rows] == [[r[k] for k in keys] for r in values]
    assert all(RunId(*(row[key] for key in RUN._fields)) == RUN for row in rows + values)
    return rows, [row["values"] for row in values]


def test_an_initial_network_has_one_stage(tmp_path, written):
    path = written("init", conv1__weight=conv(0), fc__weight=layer((20, 10)))
    rows, values = fitted(tmp_path, path)
    assert [(row["layer"], row["stage"], row["status"]) for row in rows] == [
        ("conv1", "init", "ok"), ("fc", "init", "ok")]  # fmt: skip
    slices = np.ascontiguousarray(conv(0).transpose(2, 3, 0, 1)).reshape(9, 16, 12)
    expected = analyse(slices, "Conv2d")
    drawn = {"alpha_low", "alpha_high", "tail_cv_low", "tail_cv_high", "pl_p_value", "lr_nested_p"}
    drawn |= {"alpha_fixed_k"} | {f for f in METRICS if "null" in f or "rand" in f}
    for name in COLUMNS - drawn - {"heavy", "trusted", "trusted_reason"}:
        assert rows[0][name] == expected.columns[name], name
    np.testing.assert_array_equal(values[0], expected.eigenvalues)


def test_change_is_that_of_the_matrices(tmp_path, written):
    head = layer((20, 10))
    before = written("before", fc__weight=head, conv1__weight=conv(0))
    after = written("after", conv1__weight=conv(1), fc__weight=head)
    rows, values = fitted(tmp_path, after, before)
    assert [(row["layer"], row["stage"], row["status"]) for row in rows] == [
        ("conv1", "finetuned", "ok"), ("conv1", "delta", "ok"),
        ("fc", "finetuned", "ok"), ("fc", "delta", "partial")]  # fmt: skip
    difference = conv(1).astype(np.float64) - conv(0)
    assert rows[1]["norm"] == pytest.approx((difference**2).sum() / 2)
    assert sum(values[1]) == pytest.approx(rows[1]["norm"])
    assert rows[3]["norm"] == 0


def test_a_layer_that_cannot_be_analysed_keeps_its_row(tmp_path, written):
    broken = layer((20, 10))
    broken[3, 4] = np.inf
    before = written("before", conv1__weight=conv(0), fc__weight=layer((30, 10)), a__weight=broken)
    after = written("after", conv1__weight=conv(1), fc__weight=layer((20, 10)), a__weight=broken,
                    b__weight=layer((20, 10)))  # fmt: skip
    rows, values = fitted(tmp_path, after, before)
    status = {(r["layer"], r["stage"]): (r["status"], r["reason"]) for r in rows}
    assert status == {
        ("conv1", "finetuned"): ("ok", ""),
        ("conv1", "delta"): ("ok", ""),
        ("a", "finetuned"): ("failed", "an entry is not finite"),
        ("a", "delta"): ("failed", "an entry is not finite"),
        ("b", "finetuned"): ("ok", ""),
        ("b", "delta"): ("failed", "the initial network has no such layer"),
        ("fc", "finetuned"): ("ok", ""),
        ("fc", "delta"): ("failed", "the initial layer has the shape (1, 30, 10)"),
    }
    for row, ascending in zip(rows, values, strict=True):
        if row["status"] == "failed":
            assert ascending == []
            assert all(row[name] is None for name in METRICS)
            assert row["num_evals"] == 10


KINDS = ("normal", "cauchy", "zero", "constant", "rank one", "sparse", "blocks", "nan", "inf",
         "huge", "tiny", "rounded", "diagonal")  # fmt: skip
DTYPES = (np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_, np.complex64)


def odd_matrix(seed):
    """Return a matrix of odd shape, type and content."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 5)), *(int(n) for n in rng.choice([0, 1, 2, 7, 9, 20, 33], 2)))
    kind, dtype = rng.choice(KINDS), DTYPES[rng.integers(len(DTYPES))]
    values = rng.standard_cauchy(shape) if kind == "cauchy" else rng.normal(size=shape)
    if kind == "zero":
        values[:] = 0
    elif kind == "constant":
        values[:] = rng.normal()
    elif kind == "rank one":
        values = values[:, :, :1] * values[:, :1] if values.size else values
    elif kind == "sparse":
        values *= rng.random(shape) < 0.1
    elif kind == "blocks":
        values[: shape[0] // 2] *= 1e-20
    elif kind in ("nan", "inf") and values.size:
        values.flat[rng.integers(values.size)] = np.nan if kind == "nan" else -np.inf
    elif kind in ("huge", "tiny"):
        values *= (10.0 if kind == "huge" else 0.1) ** rng.choice([30, 90, 200, 300])
    elif kind == "rounded":
        values = np.round(values)
    elif kind == "diagonal":
        values *= np.eye(shape[1], shape[2])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = values.astype(dtype)
    return values if rng.random() < 0.5 else np.asfortranarray(values)


def fuzz(seeds):
    options = Spectra(bootstrap=3, goodness_of_fit=3, null_replicas=1, intruder_cosine=0.5)
    statuses = set()
    for seed in seeds:
        values = odd_matrix(seed)
        start = Start(np.ones(values.shape)) if seed % 3 else Start(values)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            analysis = analyse(values, ("Linear", "Conv2d")[seed % 2], options, seed, start)
        assert is_sound(analysis), seed
        statuses.add(analysis.columns["status"])
    assert statuses == {"ok", "partial", "failed"}


def test_odd_matrices():
    fuzz(range(300))


@pytest.mark.slow
def test_many_odd_matrices():
    fuzz(range(300, 300 + ODD_MATRICES))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.empty((1, 0, 5)), "no entries"),
        (np.empty((0, 3, 5)), "no entries"),
        (np.ones((3, 4)), "no layer matrix"),
        (np.ones((1, 9, 9), complex), "complex128"),
        (np.full((1, 9, 9), "x", object), "object"),
        (np.full((1, 9, 9), 1e200), "leave the range"),
        (np.full((1, 9, 9), -1e200), "leave the range"),
        (np.full((1, 9, 9), 1e-200), "leave the range"),
    ],
)
def test_what_is_no_matrix_fails_with_a_reason(values, reason):
    analysis = analyse(values, "Linear")
    assert is_sound(analysis)
    assert analysis.columns["status"] == "failed"
    assert reason in analysis.columns["reason"]


def test_results_depend_on_neither_threads_nor_order():
    shapes = [(1, 40, 30), (9, 12, 8), (1, 64, 64), (1, 20, 90), (1, 16, 16)]
    layers = [Layer({"layer": str(k)}, layer(s, k), "Conv2d") for k, s in enumerate(shapes)]
    alone = dict(
        (about["layer"], analysis.columns) for about, analysis in analyse_layers(layers, seed=3)
    )
    together = list(analyse_layers(layers[::-1], threads=3, seed=3))
    assert [about["layer"] for about, _ in together] == ["4", "3", "2", "1", "0"]
    assert {about["layer"]: analysis.columns for about, analysis in together} == alone
    assert len({columns["null_max"] for columns in alone.values()}) == len(shapes)


def test_few_layers_are_held_at_a_time():
    read, done = [], 0

    def source():
        for k in range(12):
            read.append(k)
            assert k - done <= 3
            yield Layer({"layer": str(k)}, layer((1, 12, 10), k), "Linear")

    for _ in analyse_layers(source(), CHEAP, threads=2):
        done += 1
    assert done == len(read) == 12


def test_a_large_layer_has_all_cores(monkeypatch):
    monkeypatch.setattr(stream, "LARGE", 30)
    layers = [
        Layer({"layer": str(k)}, layer((1, n, n), k), "Linear")
        for k, n in enumerate((10, 40, 12, 50, 50, 9))
    ]
    found = list(analyse_layers(layers, CHEAP, threads=2))
    assert [about["layer"] for about, _ in found] == list("012345")
    assert [analysis.columns["M"] for _, analysis in found] == [10, 40, 12, 50, 50, 9]


def test_an_obstacle_is_the_reason():
    given = Layer({"layer": "a"}, np.empty((1, 5, 4)), "Linear", obstacle="it is too far away")
    [(about, analysis)] = analyse_layers([given])
    assert about == {"layer": "a"}
    assert (analysis.columns["status"], analysis.columns["reason"]) == ("failed", given.obstacle)
    assert (analysis.columns["N"], analysis.columns["num_evals"]) == (5, 4)
