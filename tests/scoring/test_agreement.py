"""Agreement between seeds, by hand and against scikit-learn."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import cohen_kappa_score

from weightscape.config.run import RunId
from weightscape.network.predictions import table_of
from weightscape.scoring.agreement import agreement, agreement_rows


def predictions(seed, classes, labels):
    logits = np.eye(3, dtype=np.float32)[classes]
    run = RunId("d", "b", "c", seed)
    keys = (("test", "none", 0), ("test", "blur", 2))
    return pa.concat_tables([table_of(run, key, labels, logits) for key in keys])


def test_agreement_by_hand():
    one, other, truth = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), np.array([0, 2, 1, 0])
    found = agreement(one, other, truth)
    assert found["disagreement"] == 0.5
    assert found["both_wrong"] == 0.5
    assert found["kappa"] == pytest.approx(cohen_kappa_score(one, other))


def test_kappa_is_that_of_scikit_learn_and_missing_without_a_choice():
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = rng.integers(0, 5, (2, 50))
        kappa = agreement(one, other, one)["kappa"]
        assert kappa == pytest.approx(cohen_kappa_score(one, other))
    same = np.zeros(9, int)
    assert agreement(same, same, same) == {"disagreement": 0, "kappa": None, "both_wrong": 0}


def test_every_pair_of_seeds_and_every_test_set_has_a_row():
    labels = np.arange(6) % 3
    tables = [predictions(seed, (labels + (seed == 3)) % 3, labels) for seed in (1, 2, 3)]
    rows = agreement_rows(tables).to_pylist()
    assert [(r["seed"], r["other_seed"], r["shift"]) for r in rows] == [
        (1, 2, "none"), (1, 2, "blur"), (1, 3, "none"), (1, 3, "blur"), (2, 3, "none"),
        (2, 3, "blur"),
    ]  # fmt: skip
    assert [r["disagreement"] for r in rows] == [0, 0, 1, 1, 1, 1]
    assert agreement_rows(tables[:1]).num_rows == 0


def test_runs_on_other_images_do_not_compare():
    labels = np.arange(6) % 3
    other = predictions(2, labels, labels).slice(6)
    with pytest.raises(ValueError, match="different images"):
        agreement_rows([predictions(1, labels, labels), other])


def test_a_run_that_failed_is_left_out():
    labels = np.arange(6) % 3
    tables = [predictions(seed, labels, labels) for seed in (1, 2, 3)]
    rows = agreement_rows([tables[0], tables[1].slice(0, 0), tables[2]]).to_pylist()
    assert {(row["seed"], row["other_seed"]) for row in rows} == {(1, 3)}
