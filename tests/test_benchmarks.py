"""The runner of the measurements, and what they compare with."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from scipy import stats
from sklearn.metrics import roc_auc_score

from benchmarks import __main__ as runner
from benchmarks import (
    apart,
    aspects,
    intervals,
    memory,
    peers,
    report,
    speed,
    weights,
)
from weightscape.spectra.stream import analyse_layers


def test_contenders_take_turns():
    calls = []
    contenders = {name: (lambda n=name: calls.append(n) or n, rounds)
                  for name, rounds in (("a", 3), ("b", 1), ("c", 3))}  # fmt: skip
    seconds, results = speed.in_turn(contenders)
    assert "".join(calls) == "abcacac"
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 3, "b": 1, "c": 3}
    assert results == {"a": "a", "b": "b", "c": "c"}


def test_everyone_measures_the_same_matrices():
    tiny = weights.heavy_tailed(weights.TINY, seed=0)
    layers = weights.matrices(tiny, split=False)
    ours = [analysis for _, analysis in analyse_layers(layers)]
    theirs = peers.weightwatcher(peers.network(tiny), mp_fit=False)
    np.testing.assert_allclose([a.columns["alpha"] for a in ours], theirs, rtol=1e-9)
    for layer, analysis, squares in zip(layers, ours, peers.floor(layers), strict=True):
        factor = 0.5 if layer.layer_type == "Conv2d" else 1
        np.testing.assert_allclose(
            analysis.eigenvalues, factor * np.sort(squares, axis=None), rtol=1e-6
        )


def test_fused_weights_are_split():
    tiny = weights.heavy_tailed(weights.TINY, seed=0)
    stored, split = (weights.matrices(tiny, split=split) for split in (False, True))
    assert [layer.values.shape for layer in stored] == [(9, 32, 16), (1, 96, 32), (1, 48, 64)]
    assert [layer.values.shape for layer in split[1:4]] == [(1, 32, 32)] * 3
    np.testing.assert_array_equal(
        np.concatenate([layer.values for layer in split[1:4]], axis=1), stored[1].values
    )
    assert len({layer.identifiers["layer"] for layer in split}) == len(split)


def test_planted_tail():
    sample = speed.planted_tail(1000, seed=0)
    assert sample.size == 1000
    assert (
        stats.kstest(np.sort(sample)[900:] / np.sort(sample)[899], stats.pareto(2).cdf).pvalue
        > 0.01
    )


def test_tables_go_between_their_markers():
    page = "a\n<!-- speed -->\nold\n<!-- /speed -->\nb\n<!-- other -->\nc\n<!-- /other -->\n"
    table = report.Table("Title", [{"x": 0.000123456, "y": None}, {"x": 1234.5, "y": "a\\1"}])
    filled = report.insert(page, "speed", [table])
    assert filled.startswith("a\n<!-- speed -->\n**Title**")
    assert filled.endswith("<!-- /speed -->\nb\n<!-- other -->\nc\n<!-- /other -->\n")
    assert "| 0.000123 |     |\n| 1234     | a\\1 |" in filled
    assert "old" not in filled
    assert report.insert(filled, "speed", [table]) == filled
    assert report.insert("none", "speed", [table]) == "none"


def test_the_docs_have_a_place_for_every_benchmark():
    page = "".join(file.read_text("utf-8") for file in runner.DOCS.glob("*.md"))
    for name in runner.BENCHMARKS:
        table = report.Table(f"table of {name}", [{"x": 1}])
        assert f"table of {name}" in report.insert(page, name, [table])


def allocation(size):
    return lambda: len(bytearray(size) + b"1")


def test_memory_of_a_call():
    usage = apart.apart(allocation, 50_000_000)
    assert usage.result == 50_000_001
    assert 90e6 < usage.peak - usage.before < 130e6


def test_checkpoint_of_a_language_model(tmp_path):
    total, largest = memory.write_checkpoint(tmp_path / "model", 32, 100_000)
    index = json.loads((tmp_path / "model" / "model.safetensors.index.json").read_text())
    sizes = {}
    for name, shard in index["weight_map"].items():
        with safe_open(tmp_path / "model" / shard, framework="numpy") as file:
            part = file.get_slice(name)
            assert part.get_dtype() == "BF16"
            sizes[name] = np.prod(part.get_shape())
    assert 2 * sum(sizes.values()) == total == index["metadata"]["total_size"] >= 100_000
    assert max(sizes.values()) == largest == sizes["model.embed_tokens.weight"]


def test_the_truth_of_planted_scores_is_their_mean_over_seeds_and_images():
    rng, world = np.random.default_rng(0), intervals.WORLDS["balanced"]
    found = {"accuracy": [], "auroc": []}
    for _ in range(200):
        labels = rng.integers(0, 2, intervals.IMAGES)
        less, more = intervals.draw_margins(world, 1, rng)[:, 0]
        found["accuracy"].append((more > 0).mean() - (less > 0).mean())
        signed = [np.where(labels == 1, margins, -margins) for margins in (less, more)]
        areas = [roc_auc_score(labels, values) for values in signed]
        found["auroc"].append(areas[1] - areas[0])
    for score, expected in intervals.find_truth(world).items():
        mean, error = np.mean(found[score]), np.std(found[score]) / np.sqrt(200)
        assert abs(mean - expected) < 4 * error


def test_what_is_planted_is_the_same_for_all_aspect_ratios(tmp_path):
    noise, planted = aspects.measure(tmp_path, quick=True, factor=1.0)
    square, tall = noise.rows
    assert tall["Hill, mean"] > square["Hill, mean"] + 1
    assert abs(tall["FARMS, mean"] - square["FARMS, mean"]) < 0.5
    rows = [row for row in planted.rows if row["matrix"] == "power law"]
    for square, tall in zip(rows[::2], rows[1::2], strict=True):
        assert square["planted"] == tall["planted"]
        for name in ("alpha, bias", "Hill, bias"):
            assert square[name] == pytest.approx(tall[name], rel=1e-4)
        # A square matrix is its own sub-matrix.
        assert square["FARMS, bias"] == pytest.approx(square["Hill, bias"], rel=1e-4)


def test_intervals_over_seeds_and_images_hold_what_those_over_seeds_do_not():
    world = "seeds agree to the image"
    found = [intervals.replicate(world, intervals.WORLDS[world], k) for k in range(40)]
    for score, seeds in found[0]:
        of = [each[score, seeds] for each in found]
        assert np.mean([each.crossed for each in of]) > 0.8
        assert not any(each.paired for each in of)


@pytest.mark.slow
@pytest.mark.long
# Whole studies are tried by themselves, in tests/workflow.
@pytest.mark.parametrize("name", [name for name in runner.BENCHMARKS if name != "studies"])
def test_quick_runs_keep_nothing(name, capsys):
    folders = (runner.DOCS, Path(runner.__file__).parent)
    before = {file: file.stat().st_mtime_ns for f in folders for file in f.glob("*.*")}
    runner.run(name, quick=True, factor=1.0)
    after = {file: file.stat().st_mtime_ns for f in folders for file in f.glob("*.*")}
    assert before == after
    assert capsys.readouterr().out.count("\n|") >= 3
