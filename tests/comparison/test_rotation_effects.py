"""Effects and claims on how far directions turn, of matrices with planted rotations."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import CELL, own, row, whole
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.metrics import check_part
from weightscape.config.analysis import Comparison
from weightscape.config.claims import Claim
from weightscape.config.spectra import CHEAP
from weightscape.spectra.analyse import analyse
from weightscape.spectra.change import Start
from weightscape.study.load import read_study

METRIC = "rotation_left_5"
ANGLES = {"baseline": 0.3, "twin": 0.3, "dropout": 0.1, "augmentation": 0.6}
ABOUT = {"baseline": "baseline", "twin": "null"}
LAYERS = (("conv", "conv"), ("deep", "conv"), ("fc", "classifier"))
ONLY = CHEAP.model_copy(update={"rotation": True})


def turned_by(angle: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return the columns of a layer whose third left direction has turned out of the first ten."""
    singular = np.geomspace(20, 1, 16)
    left, right = (np.linalg.qr(rng.normal(size=(n, 16)))[0] for n in (24, 30))
    tuned = left.copy()
    tuned[:, 2] = np.cos(angle) * left[:, 2] + np.sin(angle) * left[:, 12]
    tuned[:, 12] = np.cos(angle) * left[:, 12] - np.sin(angle) * left[:, 2]
    start, values = ((basis * singular @ right.T)[np.newaxis] for basis in (left, tuned))
    return analyse(values, "Linear", ONLY, start=Start(start)).columns


@pytest.fixture(scope="module")
def tables() -> Tables:
    runs, spectra = [], []
    for condition, angle in ANGLES.items():
        for seed in range(4):
            run = {**CELL, "condition": condition, "seed": seed}
            family = ABOUT.get(condition, condition)
            runs.append({**run, "family": family, "reference": "baseline"})
            for layer, role in LAYERS:
                rng = np.random.default_rng(seed)
                columns = turned_by(angle + 0.01 * rng.normal(), rng)
                about = {"stage": "finetuned", "layer": layer, "role": role}
                spectra.append(run | about | columns)
    return Tables(pd.DataFrame(runs), pd.DataFrame(spectra))


def claim(**part: Any) -> Claim:
    return own("turns", [{"metrics": [METRIC], **part}])


def test_the_effect_is_the_difference_of_the_planted_rotations(tables):
    [effects] = effects_of(tables, [METRIC])
    found = comparisons_table([effects]).to_pandas()
    assert set(found["limitation"]) <= {"", "the same difference in every seed: no test"}
    for condition in ("dropout", "augmentation"):
        one = row(found, condition=condition, scope="body", metric=METRIC, stage="finetuned")
        rotations = [np.sin(ANGLES[name]) ** 2 / 5 for name in (condition, "baseline")]
        assert one["effect"] == pytest.approx(rotations[0] - rotations[1], abs=0.002)


def test_what_training_itself_turns_is_the_rotation(tables):
    [effects] = effects_of(tables, [METRIC])
    expected = np.sin(ANGLES["baseline"]) ** 2 / 5
    np.testing.assert_allclose(effects.own["finetuned", METRIC], expected, atol=0.003)


@pytest.mark.parametrize(
    ("part", "verdict"),
    [
        ({"test": "direction", "of": ["dropout"], "sign": "down"}, "supported"),
        ({"test": "direction", "of": ["dropout"], "sign": "up"}, "contradicted"),
        ({"test": "order", "of": ["augmentation", "dropout"]}, "supported"),
        ({"test": "equivalence", "of": ["dropout"], "share": 0.2, "to": "own_change"},
         "contradicted"),
        ({"test": "equivalence", "of": ["augmentation", "dropout"], "margin": 0.2}, "supported"),
    ],
)  # fmt: skip
def test_a_claim_on_rotation_is_judged(tables, part, verdict):
    [effects] = effects_of(tables, [METRIC])
    one = claim(**part)
    check_part(one.parts[0], "claims.0")
    assert whole(effects, one)["verdict"] == verdict


def test_studies_compare_rotation_by_default():
    assert {"rotation_left_10", "rotation_right_10"} < set(Comparison().spectra_metrics)


def test_the_default_study_draws_rotation_by_depth_beside_its_twin():
    study = read_study("config.yaml")
    [figure] = [each for each in study.figures if each.name == "rotation_by_depth"]
    drawn = figure.build().metrics
    assert {"rotation_left_10", "rotation_right_10"} < set(drawn)
    assert any(condition.family == "null" for condition in study.all_conditions)
