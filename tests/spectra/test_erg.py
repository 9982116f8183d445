"""The tail whose eigenvalues have the product one: WeightWatcher's, without its overflow."""

import contextlib
import io
import logging
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from weightscape.config.spectra import CHEAP
from weightscape.spectra.analyse import analyse
from weightscape.spectra.erg import detx

NAMES = ("detX_num", "detX_val", "detX_val_unrescaled", "ERG_gap")


@contextlib.contextmanager
def quietly():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
    root.handlers[:], root.level = handlers, level


def matrices():
    rng = np.random.default_rng(4)
    heavy = rng.standard_t(2.5, size=(90, 140))
    left, right = (np.linalg.qr(rng.normal(size=(side, 60)))[0] for side in (60, 100))
    powers = (left * np.arange(1, 61) ** -1.2) @ right.T
    deficient = rng.normal(size=(50, 8)) @ rng.normal(size=(8, 70))
    return {
        "noise": rng.normal(size=(64, 200)),
        "square": rng.normal(size=(100, 100)),
        "heavy": heavy,
        "powers": powers,
        "deficient": deficient + 0.03 * rng.normal(size=deficient.shape),
        "conv": rng.normal(size=(40, 24, 3, 3)) * rng.lognormal(size=(40, 1, 1, 1)),
    }


def test_values_are_those_of_weightwatcher():
    model = nn.Module()
    for name, values in matrices().items():
        *_, outputs, inputs = values.shape[:2]
        module = (
            nn.Linear(inputs, outputs, bias=False)
            if values.ndim == 2
            else nn.Conv2d(inputs, outputs, values.shape[2:], bias=False)
        )
        module.weight = nn.Parameter(torch.from_numpy(values).float())
        model.add_module(name, module)
    with quietly():
        import weightwatcher

        watcher = weightwatcher.WeightWatcher(model=model)
        logging.getLogger("weightwatcher").setLevel(logging.CRITICAL)
        frame = watcher.analyze(detX=True).set_index("longname")
    for name, values in matrices().items():
        slices = values if values.ndim == 2 else np.moveaxis(values, (2, 3), (0, 1))
        kind = "Linear" if values.ndim == 2 else "Conv2d"
        stacked = slices.reshape(-1, *values.shape[:2]).astype(np.float32)
        columns = analyse(stacked, kind, CHEAP).columns
        for column in NAMES:
            theirs = frame.loc[name, column]
            assert columns[column] == pytest.approx(theirs, rel=1e-5), (name, column)


@pytest.mark.parametrize(
    "eigenvalues",
    [[0.9, 1.1], [1.0, 1.0, 1.0, 2.0], [0.0, 0.0, 3.0], [0.1, 0.4, 0.5, 9.0], [1e-9, 1, 2, 3]],
)
def test_short_spectra_are_cut_where_weightwatcher_cuts(eigenvalues):
    with quietly():
        from weightwatcher.RMT_Util import detX_constraint

        number, start = detX_constraint(np.array(eigenvalues))
    found = detx(np.array(eigenvalues, float))
    assert (found["detX_num"], found["detX_val"]) == (number, eigenvalues[start])


def test_a_long_tail_does_not_overflow():
    """A product of 2000 numbers of about 1e3 is infinite, and infinity times zero is no number."""
    eigenvalues = np.concatenate([np.full(6000, 1e-4), np.geomspace(1e3, 1.1e3, 3000)])
    found = detx(eigenvalues)
    over = np.log(eigenvalues / eigenvalues.mean())
    assert over[-found["detX_num"] :].sum() < 0 <= over[-found["detX_num"] + 1 :].sum()
    assert found["detX_val"] == eigenvalues[-found["detX_num"]]


def test_equal_eigenvalues_have_no_tail():
    assert detx(np.full(5, 2.0)) == {}
    columns = analyse(np.eye(12)[np.newaxis], "Linear", CHEAP).columns
    assert [columns[name] for name in NAMES] == [None] * 4


def test_the_scale_of_the_weights_does_not_count():
    values = matrices()["heavy"][np.newaxis]
    plain, small = (analyse(factor * values, "Linear", CHEAP).columns for factor in (1, 1e-5))
    assert plain["detX_num"] == small["detX_num"]
    assert plain["ERG_gap"] == small["ERG_gap"]
