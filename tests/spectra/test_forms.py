"""The forms of a convolution, and the rows that a network has of each."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from scipy import stats
from torch import nn

from weightscape.config.run import RunId
from weightscape.config.spectra import Spectra
from weightscape.layers.catalogue import catalogue, matrix
from weightscape.layers.extract import extract_weights
from weightscape.spectra.change import Start
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.forms import in_forms, unfold
from weightscape.spectra.stream import Layer
from weightscape.tables import table

RUN = RunId("digits", "tiny", "baseline", 0)
OPTIONS = Spectra(bootstrap=0, null_replicas=0, marchenko_pastur=False)


def test_an_unfolded_convolution_maps_patches_to_outputs():
    conv = nn.Conv2d(5, 7, 3, bias=False).double()
    images = torch.randn(2, 5, 6, 6, dtype=torch.float64)
    (layer,) = catalogue({"weight": tuple(conv.weight.shape)}, "").layers
    found = unfold(matrix(conv.weight.detach().numpy(), layer))
    patches = nn.functional.unfold(images, 3).numpy()  # inputs times positions, inputs first
    patches = patches.reshape(2, 5, 9, -1).swapaxes(1, 2).reshape(2, 45, -1)
    np.testing.assert_allclose(
        found[0] @ patches, conv(images).detach().numpy().reshape(2, 7, -1), atol=1e-12
    )


@pytest.mark.parametrize("kind", [nn.Conv1d, nn.Conv2d, nn.Conv3d])
def test_its_singular_values_are_those_of_the_parameter_as_rows_of_an_output(kind):
    parameter = kind(6, 8, 3).weight.detach().double().numpy()
    (layer,) = catalogue({"weight": parameter.shape}, "").layers
    expected = np.linalg.svd(parameter.reshape(8, -1), compute_uv=False)
    found = np.linalg.svd(unfold(matrix(parameter, layer))[0], compute_uv=False)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    ("kind", "slices", "form"),
    [("Linear", 1, ""), ("Conv2d", 1, ""), ("GroupedConv2d", 18, ""), ("Conv1d", 3, "pooled")],
)
def test_a_layer_of_one_form_alone_has_one_row(kind, slices, form):
    layer = Layer({"layer": "a", "layer_type": kind}, np.ones((slices, 4, 5)), kind)
    kinds = {"pooled": [form], "unfolded": [form and "unfolded"], "both": [form]}
    kinds["both"] += ["unfolded"] if form else []
    for asked, expected in kinds.items():
        assert [one.identifiers["form"] for one in in_forms(layer, asked)] == expected


def test_what_cannot_be_had_takes_no_memory():
    nothing = np.broadcast_to(np.float32(0), (9, 4000, 3000))
    layer = Layer({"layer_type": "Conv2d"}, nothing, "Conv2d", Start(nothing), obstacle="too large")
    pooled, unfolded = in_forms(layer, "both")
    assert pooled.obstacle == unfolded.obstacle == "too large"
    assert unfolded.values.shape == (1, 4000, 27000)
    assert np.shares_memory(unfolded.values, nothing)


@pytest.fixture
def networks(tmp_path):
    """Return the tables `weights` of a network before and after its training, and the entries."""
    paths, entries = [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        state = {
            "conv.weight": rng.normal(size=(16, 12, 3, 3)).astype(np.float32),
            "point.weight": rng.normal(size=(16, 12, 1, 1)).astype(np.float32),
            "fc.weight": rng.normal(size=(10, 20)).astype(np.float32),
        }
        file, paths = tmp_path / f"{seed}.safetensors", [*paths, tmp_path / f"{seed}.parquet"]
        about = {"weightscape": json.dumps({"network": {"classifier": "fc"}})}
        save_file(state, file, metadata=about)
        extract_weights(file, paths[-1], {})
        entries.append(state["conv.weight"].reshape(16, -1).astype(np.float64))
    return paths, entries


def fitted(tmp_path, networks, form):
    """Return the rows of both tables of the trained network, by layer, stage and form."""
    options = OPTIONS.model_copy(update={"form": form})
    (before, after), known = networks[0], tmp_path / "before.parquet"
    fit_spectra(before, None, RUN, (tmp_path / "unused.parquet", known), {}, options)
    outputs = tmp_path / "spectra.parquet", tmp_path / "eigenvalues.parquet"
    fit_spectra(after, Initial(before, known), RUN, outputs, {}, options)
    rows = [table.read(path).to_pylist() for path in outputs]
    keys = [[(row["layer"], row["stage"], row["form"]) for row in of] for of in rows]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])
    return dict(zip(keys[0], zip(*rows, strict=True), strict=True))


def test_a_network_has_a_row_for_each_form_of_its_convolutions(tmp_path, networks):
    rows = fitted(tmp_path, networks, "both")
    assert [key[0::2] for key in rows if key[1] == "finetuned"] == [
        ("conv", "pooled"), ("conv", "unfolded"), ("point", ""), ("fc", "")
    ]  # fmt: skip
    for form in ("pooled", "unfolded"):
        alone = fitted(tmp_path, networks, form)
        assert alone == {key: row for key, row in rows.items() if key[2] in ("", form)}


def test_the_row_of_an_unfolded_convolution_is_of_its_one_matrix(tmp_path, networks):
    before, after = networks[1]
    rows = fitted(tmp_path, networks, "both")
    for stage, entries in (("finetuned", after), ("delta", after - before)):
        row, spectrum = rows["conv", stage, "unfolded"]
        squares = np.linalg.svd(entries, compute_uv=False)[::-1] ** 2
        assert (row["layer_type"], row["status"]) == ("UnfoldedConv2d", "ok")
        assert (row["M"], row["N"], row["rf"], row["num_evals"]) == (16, 108, 1, 16)
        np.testing.assert_allclose(spectrum["values"], squares, rtol=1e-6)
        np.testing.assert_allclose(row["norm"], np.sum(entries**2), rtol=1e-6)
        # As WeightWatcher does, those of the slices are halved.
        np.testing.assert_allclose(rows["conv", stage, "pooled"][0]["norm"], row["norm"] / 2)


def test_a_form_is_compared_with_its_own_start(tmp_path, networks):
    before, after = (np.linalg.svd(e, compute_uv=False) ** 2 for e in networks[1])
    rows = fitted(tmp_path, networks, "both")
    expected = stats.wasserstein_distance(np.log10(after), np.log10(before))
    found = rows["conv", "finetuned", "unfolded"][0]["log_spectrum_distance"]
    assert found == pytest.approx(expected, rel=1e-5)
    assert rows["conv", "finetuned", "pooled"][0]["log_spectrum_distance"] != found
