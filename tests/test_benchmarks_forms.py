"""The benchmark of the forms of a convolution: what it plants, and what it calls right."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks import convolutions, form_tables, forms


def test_the_spectrum_of_an_operator_is_that_of_its_matrix():
    values = np.random.default_rng(0).normal(size=(9, 3, 4))
    conv = nn.Conv2d(4, 3, 3, padding=1, padding_mode="circular", bias=False).double()
    with torch.no_grad():
        kernels = values.reshape(3, 3, 3, 4).transpose(2, 3, 0, 1)
        conv.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernels)))
        side = convolutions.GRID
        pixels = torch.eye(4 * side**2, dtype=torch.float64).reshape(-1, 4, side, side)
        dense = conv(pixels).reshape(len(pixels), -1).numpy()
    expected = np.sort(np.linalg.svd(dense, compute_uv=False) ** 2)
    np.testing.assert_allclose(convolutions.operator_eigenvalues(values), expected, rtol=1e-9)


@pytest.mark.parametrize("name", convolutions.CHANGES)
def test_every_change_moves_the_norm_by_as_much(name):
    rng = np.random.default_rng(0)
    base = convolutions.trained(20, 12, rng)
    change = convolutions.CHANGES[name](base, rng)
    assert np.linalg.norm(base) == pytest.approx(1)
    assert np.linalg.norm(change) == pytest.approx(1)
    after = base + convolutions.scale_change(base, change, 0.01)
    sign = -1 if name == "all entries shrink" else 1
    assert np.log10(np.sum(after**2)) == pytest.approx(sign * 0.01)


def test_chance_is_of_the_size_that_is_said():
    base = convolutions.trained(20, 12, np.random.default_rng(0))
    found = convolutions.chance(base, np.random.default_rng(1))
    assert found.shape == base.shape
    assert np.linalg.norm(found) == pytest.approx(1)
    assert abs(np.sum(found * base)) < 0.3


def test_a_study_is_right_where_it_has_the_sign_of_the_operator():
    rng = np.random.default_rng(0)
    planted = {("up", "pooled"): -1.0, ("up", "unfolded"): 1.0, ("nothing", "pooled"): 0.0}
    effects = pd.DataFrame(
        {"size": "s", "change": change, "form": form, "pair": pair}
        | dict.fromkeys(form_tables.METRICS, mean + 0.01 * rng.normal())
        for (change, form), mean in planted.items()
        for pair in range(12)  # two whole studies, and pairs of a third
    )
    signs = dict.fromkeys(form_tables.METRICS, 1.0) | {"entropy": 0.0}
    truth = pd.DataFrame([{"size": "s", "change": "up", **signs}])
    found = form_tables.find_significant(effects, truth)
    assert len(found) == 3 * 2 * len(form_tables.METRICS)
    mean = found[found["metric"] == "alpha"].groupby("form")[["right", "wrong"]].mean()
    assert mean.loc["unfolded"].tolist() == [1, 0]
    assert mean.loc["pooled"].tolist() == [0, 1]
    # What the operator does not have is neither right nor wrong.
    assert found.loc[found["metric"] == "entropy", ["right", "wrong"]].isna().all(axis=None)


def test_quick_tables():
    short, worlds, long = forms.measure(None, True, 1.0)
    assert [row["metric"] for row in short.rows] == list(form_tables.METRICS)
    norm = short.rows[0]
    # The norm is the same in both forms, and that of the operator but for a factor.
    assert norm["its effect over the pooled"] == pytest.approx(1)
    assert norm["ranks as operator, pooled"] == norm["ranks as operator, unfolded"] == 1
    assert [row["what"] for row in worlds.rows] == ["right, %", "wrong, %", "ranks"]
    assert len(long.rows) == 1 + len(convolutions.CHANGES)
