"""What claims can find, from the noise of a finished study or from declared noise."""

from dataclasses import replace

import numpy as np
import pytest

from tests.helpers.designs import CONDITIONS, design, draw, rows
from weightscape.comparison.arrays import IID
from weightscape.comparison.crossed import Crossed
from weightscape.comparison.design import Pooled, design_study
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.known import Known, measure_noise
from weightscape.comparison.outlook import foresee_claims
from weightscape.comparison.power import Criterion, Noise, find_smallest
from weightscape.config.claims import Claim

UP = {"test": "direction", "of": ["weight_decay"], "sign": "up", "metrics": ["log_norm"]}
LIKE = UP | {"of": ["noise"], "sign": "same", "like": "dropout"}
DIFFERENCE = Criterion(np.array([[1.0, -1.0]]))
KNOWN = Known(noise={"log_norm": 1.0, "accuracy": 1.0, "shifted_accuracy": 2.0})


def claim(*parts, **about):
    """Return a claim of these parts."""
    about = {"claim": "own", "statement": "So.", "parts": parts, **about}
    return Claim.model_validate(about)


def foresee(*parts, n_seeds=4, known=KNOWN, sets=None, **about):
    """Return what a planned study can find of a claim of these parts."""
    planned = [Pooled(design(), 1)] if sets is None else sets
    return foresee_claims([claim(*parts, **about)], planned, n_seeds, known)


def finished(n_seeds=400, own=2.0, moved=None, **options):
    """Return a finished study whose noise has the standard deviation 1."""
    return draw(design(**options), n_seeds, np.random.default_rng(1), moved, own)


def one(outlooks):
    """Return the only one."""
    [found] = outlooks
    return found


def test_the_smallest_effect_and_the_seeds_of_a_given_one():
    known = replace(KNOWN, effects={"log_norm": 1.0})
    found = one(foresee(UP, known=known))
    assert found.smallest == pytest.approx(find_smallest(DIFFERENCE, Noise(1.0), 4))
    assert (found.size, found.seeds, found.lacking, found.unforeseen) == (1.0, 10, "", "")
    assert (found.what, found.metric, found.test) == ("weight_decay up", "log_norm", "direction")
    alone = one(foresee(UP))
    assert alone.smallest == found.smallest
    assert (np.isnan(alone.size), alone.seeds) == (True, None)


def test_the_hardest_test_decides_and_of_one_that_is_enough_the_easiest():
    parts = [UP | {"of": [["dropout"], ["weight_decay"]], "metrics": ["accuracy"]}]
    found = one(foresee(*parts))
    assert (found.what, found.n_tests) == ("weight_decay up", 2)
    found = one(foresee(*parts, combine="any"))
    assert (found.what, found.one_is_enough) == ("dropout up", True)
    # At the level over their number.
    half = Criterion(np.array([[1 / 3, 1 / 3, 1 / 3, -1]]), level=0.05 / 2)
    assert found.smallest == pytest.approx(find_smallest(half, Noise(1.0), 4))
    # One that has a size to find before others.
    given = replace(KNOWN, effects={"shifted_accuracy": 9.0})
    parts.append(UP | {"of": ["dropout"], "metrics": ["shifted_accuracy"]})
    assert one(foresee(*parts, known=given)).metric == "shifted_accuracy"


def test_all_sets_have_to_show_it():
    cells = [{"dataset": name, "backbone": "b"} for name in "xyz"]
    planned = design_study([row for cell in cells for row in rows(cell=cell)], ["log_norm"], [], [])
    found = one(foresee(UP, sets=planned)).smallest
    assert found == pytest.approx(find_smallest(DIFFERENCE, Noise(1.0), 4, power=0.8 ** (1 / 3)))
    pooled = [planned[0]._replace(domains=4)]
    assert one(foresee(UP, sets=pooled)).smallest == pytest.approx(
        find_smallest(DIFFERENCE, Noise(0.5), 4)
    )


def test_a_finished_study_gives_the_noise_and_the_margin():
    part = {"test": "equivalence", "of": ["dropout"], "share": 0.2, "to": "own_change"}
    known = Known(finished=[Pooled(finished(), 1)])
    found = one(foresee(part | {"metrics": ["log_norm"]}, known=known))
    assert found.size == pytest.approx(0.4, rel=0.1)
    assert 40 < found.seeds < 80
    declared = one(foresee(part | {"metrics": ["log_norm"]}))
    assert found.smallest == pytest.approx(declared.smallest, rel=0.1)
    assert (np.isnan(declared.size), declared.seeds) == (True, None)


def test_a_margin_may_be_a_share_of_another_effect_measured_or_given():
    part = {"test": "equivalence", "of": ["weight_decay"], "share": 0.5, "to": "noise"}
    moved = {"noise-0.1": -3.0, "noise-0.3": -3.0}
    known = Known(finished=[Pooled(finished(moved=moved), 1)])
    part |= {"metrics": ["accuracy"]}
    assert one(foresee(part, known=known)).size == pytest.approx(1.5, rel=0.1)
    given = replace(known, effects={"accuracy": 1.0})
    assert one(foresee(part, known=given)).size == 0.5
    assert one(foresee(part | {"margin": 0.7, "share": None, "to": None})).size == 0.7


def test_noise_is_that_of_one_twin():
    alone = Evidence(finished(), "body")
    assert measure_noise(alone, "log_norm") == (pytest.approx(1.0, rel=0.1), 0)
    several = Evidence(finished(conditions={**CONDITIONS, "other": ("null", None)}), "body")
    assert measure_noise(several, "accuracy").seeds == pytest.approx(1.0, rel=0.1)


def test_images_add_what_they_add_to_conditions():
    made, rng = finished(n_seeds=40), np.random.default_rng(0)
    runs = len(design().seeds)
    # Of 100 images each changes a run's score by as much in every seed.
    changed = rng.normal(0, 0.05, (runs, 1, 100)) + rng.normal(0, 0.01, (runs, 40, 100))
    of_effects = np.tensordot(design().scores[*IID, "accuracy"].values, changed, axes=(1, 0))
    values = made.scores[*IID, "accuracy"].values
    scores = {**made.scores, (*IID, "accuracy"): Crossed(values, (of_effects,))}
    found = measure_noise(Evidence(replace(made, scores=scores), "body"), "accuracy")
    assert found.seeds == pytest.approx(1.0, rel=0.25)
    assert found.images == pytest.approx(0.05 * 10 * np.sqrt(2), rel=0.2)


def test_what_nothing_says_is_not_foreseen():
    other = UP | {"metrics": ["ece"]}
    assert one(foresee(other)).unforeseen == "nothing says the noise of ece"
    without = {name: about for name, about in CONDITIONS.items() if name != "twin"}
    known = Known(finished=[Pooled(finished(conditions=without), 1)])
    assert one(foresee(UP, known=known)).unforeseen == "no twin shows the noise of log_norm"
    same = replace(finished(2), seeds=[0])
    same = replace(same, weights={key: each[:, :1] for key, each in same.weights.items()})
    with pytest.raises(NotTestableError, match="the twin shows no noise"):
        measure_noise(Evidence(same, "body"), "log_norm")
    likeness = LIKE | {"test": "order", "of": ["noise", "weight_decay"], "sign": None}
    assert "tests likeness" in one(foresee(likeness)).unforeseen
    assert "tests what is left" in one(foresee(LIKE)).unforeseen
    assert one(foresee(LIKE | {"metrics": ["accuracy"]})).unforeseen == ""


def test_what_the_study_lacks_is_said():
    assert one(foresee(UP | {"of": ["ensemble"]})).lacking == "needs conditions of ensemble"
    nothing = Claim.model_validate({"claim": "x", "statement": "So.", "needs": "a miracle"})
    assert one(foresee_claims([nothing], [Pooled(design(), 1)], 3, KNOWN)).lacking == (
        "needs a miracle"
    )
    assert one(foresee(LIKE, n_seeds=2)).lacking == "needs 3 seeds"
    assert one(foresee(LIKE | {"metrics": ["accuracy"]}, n_seeds=2)).lacking == ""


def test_conditions_outside_a_claim_are_an_extension_where_that_can_be_tested():
    about = {"dropout": {"most": 0.8}}
    part = UP | {"of": ["dropout"]}
    own, extension = foresee(part, about=about)
    assert (own.claim, extension.claim) == ("own", "own-extended")
    assert extension.paper == "study, extended"
    assert own.smallest < extension.smallest  # two doses, and one
    order = UP | {"test": "order", "of": ["dropout"], "sign": "rising"}
    assert len(foresee(order, about=about)) == 1


def test_one_that_is_enough_shares_the_level_among_parts_that_share_theirs():
    best = {
        "test": "best",
        "of": [{"families": ["dropout"], "least": 0.6}],
        "metrics": ["accuracy"],
    }
    given = replace(KNOWN, effects={"accuracy": 1.0})
    alone = one(foresee(best)).smallest
    both = one(foresee(best, UP | {"metrics": ["shifted_accuracy"]}, combine="any", known=given))
    assert both.what.startswith("best")
    assert both.smallest > 1.05 * alone  # at .05 over two doses, and over two tests
