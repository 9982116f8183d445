"""The file of an initial network's singular vectors, and the runs that are compared with it."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from weightscape.config.run import RunId
from weightscape.config.spectra import CHEAP
from weightscape.layers.extract import extract_weights
from weightscape.spectra import compare_vectors
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.initial_vectors import read_initial_vectors, write_initial_vectors
from weightscape.tables import table
from weightscape.tensors import read_header

RUN = RunId("digits", "tiny", "baseline", 0)
ONLY = CHEAP.model_copy(update={"rotation": True})


@pytest.fixture
def networks(tmp_path):
    """Return the tables `weights` of a network before and after its training."""
    paths = []
    rng = np.random.default_rng(0)
    shapes = {"conv": (16, 12, 3, 3), "point": (16, 12, 1, 1), "gone": (8, 30), "fc": (10, 20)}
    before = {f"{name}.weight": rng.normal(size=shape) for name, shape in shapes.items()}
    before["gone.weight"][2, 3] = np.inf
    after = {name: old + 0.2 * rng.normal(size=old.shape) for name, old in before.items()}
    after["gone.weight"] = rng.normal(size=(8, 30))
    about = {"weightscape": json.dumps({"network": {"classifier": "fc"}})}
    for name, state in (("before", before), ("after", after)):
        file = tmp_path / f"{name}.safetensors"
        save_file({key: v.astype(np.float32) for key, v in state.items()}, file, metadata=about)
        paths.append(tmp_path / f"{name}.parquet")
        extract_weights(file, paths[-1], {})
    return paths


def fitted(tmp_path, networks, vectors, options=ONLY):
    """Return the rows of both tables of the trained network, by layer, stage and form."""
    before, known = networks[0], tmp_path / "eigenvalues_before.parquet"
    fit_spectra(before, None, RUN, (tmp_path / "unused.parquet", known), {}, options)
    outputs = tmp_path / "spectra.parquet", tmp_path / "eigenvalues.parquet"
    fit_spectra(networks[1], Initial(before, known, vectors), RUN, outputs, {}, options)
    rows = zip(*(table.read(path).to_pylist() for path in outputs), strict=True)
    return {(row["layer"], row["stage"], row["form"]): (row, other) for row, other in rows}


def test_the_file_has_the_layers_that_are_one_matrix(tmp_path, networks):
    write_initial_vectors(networks[0], tmp_path / "vectors.safetensors", ONLY, {"study": "s"})
    found = read_header(tmp_path / "vectors.safetensors")
    assert found.about == {"study": "s"}
    assert {name: tuple(entry["shape"]) for name, entry in found.entries.items()} == {
        "conv.left": (16, 10), "conv.right": (108, 10), "point.left": (16, 10),
        "point.right": (12, 10), "fc.left": (10, 10), "fc.right": (20, 10),
    }  # fmt: skip
    assert read_initial_vectors(tmp_path / "vectors.safetensors", "gone") is None


@pytest.mark.parametrize("cosine", [0, 0.5])
def test_runs_take_their_vectors_from_the_file(tmp_path, networks, cosine, monkeypatch):
    options = ONLY.model_copy(update={"intruder_cosine": cosine})
    anew = fitted(tmp_path, networks, None, options)
    vectors = tmp_path / "vectors.safetensors"
    write_initial_vectors(networks[0], vectors, options, {"study": "s"})
    monkeypatch.delattr(compare_vectors, "find_initial_vectors")
    assert fitted(tmp_path, networks, vectors, options) == anew
    row, other = anew["conv", "finetuned", "unfolded"]
    assert 0 < row["rotation_left_5"] < row["rotation_chance_left_5"] == pytest.approx(1 - 5 / 16)
    assert len(other["overlap_left"]) == 10
    alone = [value for value in other["overlap_right"] if value is not None]
    assert row["overlap_right"] == pytest.approx(np.mean(alone))
    assert (row["num_intruders"] is None) == (cosine == 0)


def test_rows_that_compare_nothing_say_why_or_are_of_another_stage(tmp_path, networks):
    rows = fitted(tmp_path, networks, None)
    assert {(*key[:2], row["vectors_reason"]) for key, (row, _) in rows.items()} == {
        ("conv", "finetuned", ""),
        ("conv", "finetuned", "several slices have no singular vectors in common"),
        ("conv", "delta", None),
        ("point", "finetuned", ""),
        ("point", "delta", None),
        ("gone", "finetuned", "of the initial layer, an entry is not finite"),
        ("gone", "delta", None),
        ("fc", "finetuned", "left 10: it is the whole space"),
        ("fc", "delta", None),
    }
    assert all(
        other["overlap_left"] is None
        for row, other in rows.values()
        if row["rotation_left_1"] is None
    )


def test_nothing_is_written_where_nothing_is_compared(tmp_path, networks):
    write_initial_vectors(networks[0], tmp_path / "vectors.safetensors", CHEAP, {"study": "s"})
    assert read_header(tmp_path / "vectors.safetensors").entries == {}
    rows = fitted(tmp_path, networks, tmp_path / "vectors.safetensors", CHEAP)
    assert {row["vectors_reason"] for row, _ in rows.values()} == {None}
