"""What rounding has made of a spectrum, against torch's own rounding of known changes."""

import json
import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy import stats

from weightscape.checkpoints.checkpoint import FLOATING
from weightscape.checkpoints.find import open_checkpoint
from weightscape.config.run import RunId
from weightscape.config.spectra import CHEAP, Spectra
from weightscape.files.analyse import Options, analyse_checkpoints
from weightscape.layers.extract import extract_weights
from weightscape.spectra.analyse import analyse
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.forms import unfold
from weightscape.spectra.rounding import FORMATS, bound_rounding
from weightscape.tables import table

ROWS, COLS = 300, 200
QUICK = Spectra(bootstrap=0, likelihood_ratios=False, null_replicas=1)


def stored(values, dtype):
    """Return `values` as a checkpoint of this type gives them back."""
    return torch.from_numpy(np.asarray(values)).to(getattr(torch, dtype)).double().numpy()


def weights(seed, shape=(ROWS, COLS), spread=0.0):
    """Return entries of the size of a network's; the size of rows spreads log-normally."""
    rng = np.random.default_rng(seed)
    return 0.02 * rng.normal(size=shape) * np.exp(spread * rng.normal(size=(*shape[:-1], 1)))


def update(seed, rank, share, of):
    """Return a change of this rank, of a `share` of the norm of the weights."""
    rng = np.random.default_rng(seed)
    change = rng.normal(size=(of.shape[0], rank)) @ rng.normal(size=(rank, of.shape[1]))
    return change * share * np.linalg.norm(of) / np.linalg.norm(change)


def analyse_change(before, after, dtypes, options=QUICK, layer_type="Linear"):
    start, values = (x.reshape((-1, *x.shape[-2:])) for x in (before, after))
    rounding = bound_rounding(values, dtypes, start)
    return analyse(values - start, layer_type, options, rounding=rounding).columns


def outside(matrix, change, rank):
    """Return the norm of what of `matrix` has nothing to do with a change of this rank."""
    left, _, right = np.linalg.svd(change)
    left, right = left[:, :rank], right[:rank]
    rest = matrix - left @ (left.T @ matrix)
    return np.linalg.norm(rest - (rest @ right.T) @ right, 2)


def test_formats_are_those_of_torch():
    assert FORMATS.keys() == FLOATING
    for name, (bits, least) in FORMATS.items():
        about = torch.finfo(getattr(torch, name))
        assert (2.0**-bits, 2.0**least) == (about.eps, about.smallest_normal), name


@pytest.mark.parametrize("dtype", sorted(FORMATS))
def test_edge_in_one_binade_is_that_of_marchenko_and_pastur(dtype):
    """There the distance of numbers is one, and the edge the mean of u²/12 times (√N + √M)²."""
    rng = np.random.default_rng(0)
    before, after = (stored(rng.uniform(1, 1.5, (1, ROWS, COLS)), dtype) for _ in range(2))
    one = torch.finfo(getattr(torch, dtype)).eps ** 2 / 12 * (ROWS**0.5 + COLS**0.5) ** 2
    assert bound_rounding(before, (dtype,)).edge ** 2 == pytest.approx(one)
    both = bound_rounding(after, (dtype, dtype), before)
    assert both.edge**2 == pytest.approx(2 * one)
    assert both.unmoved == np.mean(before == after)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
@pytest.mark.parametrize("spread", [0, 0.7])
@pytest.mark.parametrize("exact_start", [True, False])
def test_rounding_is_within_the_bound(dtype, spread, exact_start):
    """From entries of which one in a hundred has moved to entries that all have."""
    base = weights(1, spread=spread)
    for share in (3e-4, 1e-3, 3e-3, 1e-2, 5e-2, 1):
        change = update(2, 8, share, base)
        before = stored(base, dtype)
        after = stored((before if exact_start else base) + change, dtype)
        bound = bound_rounding(after[None], (dtype, dtype), before[None])
        found = outside(after - before, change, 8)
        assert found <= bound.edge, share
        assert bound.edge <= 2.5 * found or bound.unmoved > 0.99, share


def test_what_few_rows_have_moved_by_is_within_the_bound():
    """As of an embedding, most of whose tokens never occur."""
    base = weights(3)
    change = update(4, 300, 0.05, base)
    change[5:] = 0
    after = stored(base + change, "bfloat16")
    columns = analyse_change(stored(base, "bfloat16"), after, ("bfloat16",) * 2)
    assert columns["matrix_rank"] == 5
    assert columns["share_unmoved"] > 0.98


@pytest.mark.parametrize("dtypes", [("bfloat16", "float32"), ("float32", "bfloat16")])
def test_the_coarser_type_counts(dtypes):
    base = weights(5)
    change = update(6, 8, 0.01, base)
    before, after = stored(base, dtypes[0]), stored(base + change, dtypes[1])
    bound = bound_rounding(after[None], dtypes[::-1], before[None])
    assert bound.dtype == "bfloat16"
    assert outside(after - before, change, 8) <= bound.edge < 1.3e-3 * 1.5
    columns = analyse_change(before, after, dtypes[::-1])
    assert columns["matrix_rank"] == 8


def test_a_finer_copy_of_the_start_keeps_what_the_start_has_exactly():
    """What is smaller than the rounding of the start in all entries cannot have come of it."""
    before = stored(weights(7), "bfloat16")
    after = stored(before + update(8, 8, 1e-4, before), "float32")
    columns = analyse_change(before, after, ("float32", "bfloat16"))
    assert columns["matrix_rank"] == 8


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_a_low_rank_update_of_a_checkpoint(tmp_path, share):
    base = weights(9, (512, 512))
    change = update(10, 8, share, base)
    shares = np.linalg.svd(change)[1][:8]
    true = np.exp(stats.entropy(shares))
    for dtype in ("float32", "float16", "bfloat16"):
        kind = getattr(torch, dtype)
        before = torch.from_numpy(base).to(kind)
        after = (before.double() + torch.from_numpy(change)).to(kind)
        for name, tensor in (("base", before), ("tuned", after)):
            save_file({"h.0.mlp.c_fc.weight": tensor}, tmp_path / f"{name}.safetensors")
        start = open_checkpoint(str(tmp_path / "base.safetensors"))
        ((_, delta),) = analyse_checkpoints(
            [str(tmp_path / "tuned.safetensors")], start, Options(QUICK)
        )
        assert delta["matrix_rank"] == 8
        assert delta["effective_rank"] == pytest.approx(true, rel=0.02)
        assert delta["trusted"] is False
        assert delta["share_unmoved"] == np.mean((before == after).numpy())
        assert delta["reason"] == f"504 of 512 eigenvalues are within the rounding of {dtype}"


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e5m2"])
def test_a_change_below_the_rounding_has_no_alpha(dtype):
    base = weights(11)
    before = stored(base, dtype)
    after = stored(base + 1e-3 * weights(12), dtype)
    assert 0 < np.count_nonzero(before != after) < base.size / 2
    columns = analyse_change(before, after, (dtype, dtype))
    assert columns["reason"] == f"the change is below the rounding of {dtype}"
    assert (columns["status"], columns["matrix_rank"]) == ("partial", 0)
    assert columns["rounding_edge"] > 0
    for name in ("alpha", "norm", "effective_rank", "sigma_mp", "trusted", "null_max"):
        assert columns[name] is None, name


def test_where_nothing_has_moved():
    before = stored(weights(13), "bfloat16")
    columns = analyse_change(before, before, ("bfloat16", "bfloat16"))
    assert columns["reason"] == "all entries are zero"
    assert (columns["share_unmoved"], columns["norm"], columns["alpha"]) == (1, 0, None)


def test_a_change_far_above_the_rounding_is_untouched():
    base = weights(14, (200, 64))
    before, after = (
        x.astype(np.float32).astype(float) for x in (base, 2 * base + weights(15, (200, 64)))
    )
    columns = analyse_change(before, after, ("float32", "float32"))
    plain = analyse((after - before)[np.newaxis], "Linear", QUICK).columns
    own = {"rounding_edge", "share_unmoved"}
    assert {k: v for k, v in columns.items() if k not in own} == {
        k: v for k, v in plain.items() if k not in own
    }
    assert columns["alpha"] is not None
    assert (columns["status"], plain["rounding_edge"]) == ("ok", None)


def test_the_edge_is_in_the_units_of_the_eigenvalues():
    base = np.stack([weights(16), 3 * weights(17)])
    before, after = stored(base, "bfloat16"), stored(1.5 * base, "bfloat16")
    of = {
        kind: analyse_change(before, after, ("bfloat16",) * 2, CHEAP, kind)
        for kind in ("Conv2d", "GroupedConv2d", "Conv1d")
    }
    assert of["Conv2d"]["rounding_edge"] == of["Conv1d"]["rounding_edge"] / 2
    assert of["GroupedConv2d"]["rounding_edge"] == of["Conv2d"]["rounding_edge"]
    assert len({columns["matrix_rank"] for columns in of.values()}) == 1
    strongest = bound_rounding(after[1:], ("bfloat16",) * 2, before[1:])
    assert of["Conv1d"]["rounding_edge"] == pytest.approx(strongest.edge**2)


def test_an_unfolded_bound_is_that_of_the_unfolded_matrix():
    rng = np.random.default_rng(18)
    before, after = (stored(rng.uniform(1, 2, (9, 30, 20)), "float32") for _ in range(2))
    apart = bound_rounding(after, ("float32",) * 2, before).unfold()
    whole = bound_rounding(unfold(after), ("float32",) * 2, unfold(before))
    np.testing.assert_allclose(apart.rows, whole.rows)
    np.testing.assert_allclose(apart.columns, whole.columns)
    assert apart.unmoved == whole.unmoved


def test_every_form_of_a_convolution_has_its_bound(tmp_path):
    base = torch.from_numpy(weights(27, (16, 12, 3, 3)))
    for name, factor in (("base", 1), ("tuned", 1.1)):
        save_file({"c.weight": (factor * base).bfloat16()}, tmp_path / f"{name}.safetensors")
    start = open_checkpoint(str(tmp_path / "base.safetensors"))
    (rows,) = analyse_checkpoints([str(tmp_path / "tuned.safetensors")], start, Options(CHEAP))
    pooled, unfolded = (row for row in rows if row["stage"] == "delta")
    assert (pooled["form"], unfolded["form"]) == ("pooled", "unfolded")
    assert 0 < 2 * pooled["rounding_edge"] < unfolded["rounding_edge"]
    assert pooled["share_unmoved"] == unfolded["share_unmoved"]


def test_rank_of_stored_weights_is_that_of_the_weights():
    """WeightWatcher takes float64's eps, and so finds every product that is stored of full rank."""
    product = update(19, 8, 1, weights(20))
    for dtype in (np.float32, np.float16):
        values = product.astype(dtype)[np.newaxis]
        assert eigenvalues(values, "Linear")[1] == COLS
        assert analyse(values, "Linear", CHEAP).columns["matrix_rank"] == 8
    values = stored(product, "bfloat16")[np.newaxis]
    own = bound_rounding(values, ("bfloat16",))
    columns = analyse(values, "Linear", CHEAP, rounding=own).columns
    assert columns["matrix_rank"] == 8
    assert columns["norm"] == pytest.approx((values**2).sum())
    assert columns["rounding_edge"] is None
    full = weights(21)[np.newaxis]
    for dtype in (np.float64, np.float32, np.float16):
        assert analyse(full.astype(dtype), "Linear", CHEAP).columns["matrix_rank"] == COLS


def test_rank_in_a_checkpoint_is_by_its_type(tmp_path):
    product = torch.from_numpy(update(22, 8, 1, weights(23)))
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        save_file({"fc.weight": product.to(dtype)}, tmp_path / "m.safetensors")
        ((row,),) = analyse_checkpoints([str(tmp_path / "m.safetensors")], None, Options(CHEAP))
        assert row["matrix_rank"] == 8, dtype


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (np.nan, "an entry is not finite"),
        (np.inf, "an entry is not finite"),
        (1e200, "the squares of the entries leave the range of float64"),
    ],
)
def test_entries_that_cannot_be_squared_have_a_reason(bad, reason):
    before = weights(24)
    after = before.copy()
    after[3, 4] = bad
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        columns = analyse_change(before, after, ("float64", "float64"))
    assert (columns["status"], columns["reason"]) == ("failed", reason)


def test_the_change_in_a_study(tmp_path):
    base = weights(25, (40, 30)).astype(np.float32)
    kept = (tmp_path / "spectra.parquet", tmp_path / "eigenvalues.parquet")
    initial = tmp_path / "0.parquet", tmp_path / "initial.parquet"
    about = {"weightscape": json.dumps({"network": {"classifier": "fc"}})}
    for index, change in enumerate((0, update(26, 3, 0.01, base))):
        tensor = torch.from_numpy((base + change).astype(np.float32))
        save_file({"fc.weight": tensor}, tmp_path / f"{index}.safetensors", about)
        extract_weights(tmp_path / f"{index}.safetensors", tmp_path / f"{index}.parquet", {})
    run = RunId("digits", "tiny", "baseline", 0)
    fit_spectra(initial[0], None, run, (tmp_path / "unused.parquet", initial[1]), {}, CHEAP)
    fit_spectra(tmp_path / "1.parquet", Initial(*initial), run, kept, {}, CHEAP)
    tuned, delta = table.read(kept[0]).to_pylist()
    assert (tuned["stage"], tuned["matrix_rank"], tuned["rounding_edge"]) == ("finetuned", 30, None)
    assert (delta["stage"], delta["matrix_rank"]) == ("delta", 3)
    assert "27 of 30 eigenvalues are within the rounding of float32" in delta["reason"]
    values = table.read(kept[1])["values"].to_pylist()[1]
    assert np.count_nonzero(values) == 30
