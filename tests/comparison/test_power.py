"""The smallest effect that a study finds, against tables, integrals and the judge itself."""

import numpy as np
import pytest
from scipy import integrate, stats

from tests.helpers.designs import design, draw
from weightscape.comparison.design import find_required
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.paired import LEVEL
from weightscape.comparison.parts import list_tests
from weightscape.comparison.power import (
    MOST_SEEDS,
    Criterion,
    Noise,
    count_seeds,
    find_smallest,
)
from weightscape.config.claims import Claim

DIFFERENCE = Criterion(np.array([[1.0, -1.0]]))
WITHIN = Criterion(np.array([[-1.0, 1.0], [1.0, -1.0]]))
"""A declared margin around no effect."""
ONE = Noise(1.0)
STUDIES = 1000


@pytest.mark.parametrize(("size", "seeds"), [(0.5, 34), (0.8, 15), (1.0, 10)])
def test_the_seeds_of_one_difference_are_those_of_g_power(size, seeds):
    # Two-sided, level .05, power .8: Faul et al. 2007, doi:10.3758/BF03193146, "matched pairs".
    assert count_seeds(DIFFERENCE, ONE, size) == seeds


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize("level", [0.05, 0.01])
def test_one_difference_is_found_as_often_as_the_noncentral_t_says(n, level):
    size = find_smallest(DIFFERENCE._replace(level=level), Noise(0.3), n)
    critical = stats.t.ppf(1 - level / 2, n - 1)
    power = stats.nct.sf(critical, n - 1, size * np.sqrt(n) / 0.3)
    assert power == pytest.approx(0.8, abs=1e-5)


@pytest.mark.parametrize(
    ("sums", "variance"),
    [
        ([1, -1], 2),
        ([1 / 3, 1 / 3, 1 / 3, -1], 1 + 1 / 3),
        ([1 / 2, 1 / 2, -1 / 3, -1 / 3, -1 / 3], 1 / 2 + 1 / 3),
        ([1], 1),
    ],
)
def test_means_of_conditions_have_less_noise(sums, variance):
    found = find_smallest(Criterion(np.array([sums], float)), ONE, 4)
    assert found == pytest.approx(find_smallest(DIFFERENCE, ONE, 4) * np.sqrt(variance / 2))


@pytest.mark.parametrize("n", [3, 10])
def test_what_is_drawn_is_what_is_computed_where_that_can_be(n):
    twice = Criterion(np.repeat(DIFFERENCE.sums, 2, axis=0))
    assert find_smallest(twice, ONE, n) == pytest.approx(
        find_smallest(DIFFERENCE, ONE, n), rel=0.03
    )


@pytest.mark.parametrize("n", [3, 5, 10, 30])
def test_a_margin_is_shown_as_often_as_an_integral_says(n):
    margin, df, error = find_smallest(WITHIN, ONE, n), n - 1, 1 / np.sqrt(n)
    critical = stats.t.ppf(1 - LEVEL / 2, df)

    def shown(scale):
        inside = (margin - critical * scale * error) / error
        return (2 * stats.norm.cdf(inside) - 1) * stats.chi.pdf(
            scale * np.sqrt(df), df
        ) * np.sqrt(df) if inside > 0 else 0.0  # fmt: skip

    power, _ = integrate.quad(shown, 0, margin / critical / error, limit=200)
    assert power == pytest.approx(0.8, abs=0.02)


def test_seeds_are_the_fewest_that_find_a_size():
    for criterion in (DIFFERENCE, WITHIN):
        found = count_seeds(criterion, ONE, 1.2)
        assert find_smallest(criterion, ONE, found) <= 1.2
        assert find_smallest(criterion, ONE, found - 1) > 1.2
    assert count_seeds(DIFFERENCE, ONE, 1e3) == 2
    assert count_seeds(DIFFERENCE, ONE, 0.01) is None
    assert count_seeds(DIFFERENCE, ONE, find_smallest(DIFFERENCE, ONE, MOST_SEEDS)) == MOST_SEEDS


def test_what_test_images_add_is_lowered_by_no_seed():
    noise = Noise(1.0, 0.5)
    found = [find_smallest(DIFFERENCE, noise, n) for n in (3, 10, 100)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0.5 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8))
    assert count_seeds(DIFFERENCE, noise, 1.0) is None
    assert find_smallest(WITHIN, noise, 100) > find_smallest(WITHIN, ONE, 100) + 0.5


PARTS = {
    "direction": {"test": "direction", "of": ["dropout"], "sign": "up"},
    "groups": {"test": "order", "of": ["dropout", "noise"]},
    "three groups": {"test": "order", "of": ["dropout", "weight_decay", "noise"]},
    "doses": {"test": "order", "of": ["dropout"], "sign": "rising"},
    "peak": {"test": "order", "of": ["dropout"], "sign": "peak"},
    "best": {"test": "best", "of": [{"families": ["dropout"], "least": 0.6}]},
    "like": {"test": "direction", "of": ["noise"], "sign": "same", "like": "dropout"},
    "margin": {"test": "equivalence", "of": ["dropout"], "margin": 1.0},
    "two groups": {"test": "equivalence", "of": ["dropout", "noise"], "margin": 1.0},
    "own change": {"test": "equivalence", "of": ["dropout"], "share": 0.2, "to": "own_change"},
    "one condition": {
        "test": "equivalence",
        "of": ["weight_decay"],
        "share": 0.2,
        "to": "own_change",
    },
    "share of another": {
        "test": "equivalence",
        "of": ["weight_decay"],
        "share": 0.5,
        "to": "noise",
    },
}
"""One part of every kind."""

DROPOUT = ("dropout-0.5", "dropout-0.7", "dropout-0.9")
NOISE = ("noise-0.1", "noise-0.3")


def plant(kind, size):
    """Return what conditions add where the truth is a size, and how far fine-tuning goes."""
    same = dict.fromkeys(DROPOUT, size)
    moved = {
        "direction": same,
        "groups": same,
        "three groups": dict.fromkeys(DROPOUT, 2 * size) | {"weight_decay": size},
        "doses": {name: k * size for k, name in enumerate(DROPOUT, start=1)},
        "peak": {"dropout-0.5": -9 * size, "dropout-0.7": size},
        "best": {"dropout-0.7": size, "dropout-0.9": -9 * size},
        "like": same | dict.fromkeys(NOISE, size),
        "share of another": dict.fromkeys(NOISE, size / 0.5),
    }
    return moved.get(kind, {}), size / 0.2 if kind in ("own change", "one condition") else 0.0


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 5])
@pytest.mark.parametrize("kind", PARTS)
def test_the_judge_finds_the_smallest_effect_in_four_of_five_studies(kind, n):
    planned = design()
    metric = "log_norm" if "own_change" in str(PARTS[kind]) else "shifted_accuracy"
    part = {"metrics": [metric], **PARTS[kind]}
    claim = Claim.model_validate({"claim": "own", "statement": "So.", "parts": [part]})
    [required], lacking = find_required(claim, Evidence(planned, "body"))
    assert lacking == []
    size = find_smallest(required.criterion, ONE, n)
    # A declared margin is that of the claim: the noise is made to suit it.
    scale = size if "margin" in part else 1.0
    if "margin" in part:
        claim = claim.model_copy(
            update={"parts": (claim.parts[0].model_copy(update={"margin": scale}),)}
        )
    rng, found = np.random.default_rng(n), 0
    for _ in range(STUDIES):
        moved, own = plant(kind, size)
        evidence = Evidence(draw(planned, n, rng, moved, own), "body")
        [test] = list_tests(claim.parts[0], evidence)
        try:
            found += test().judged.supported <= LEVEL
        except NotTestableError:
            pass
    assert found / STUDIES == pytest.approx(0.8, abs=0.03)
