"""What the claims of the papers are about, and worlds in which they must not be borne out."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import DROPOUT, OWN_CHANGE, claim, every, judged, own, row, whole, world
from weightscape.comparison.claims import EXTENDED, claims_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.config.claims import claims_of_papers

CLAIMS = {claim.claim: claim for claim in claims_of_papers()}
RATES = (0, 0.5, 0.9, 0.95)
BESIDE = ("dropout_average", "dropout_ensemble", "dropout_fast_head")
PUBLISHED = {
    "VLCS": (0.7873, 0.7957, 0.8000, 0.7986),
    "OfficeHome": (0.7081, 0.7291, 0.7344, 0.7287),
    "PACS": (0.8648, 0.8752, 0.8842, 0.8853),
    "TerraIncognita": (0.5130, 0.5313, 0.5364, 0.5230),
}
"""Zhang & Bottou 2024, figure 3: accuracy on held-out domains by the rate of dropout."""


def tuned(accuracies, others=None, seeds=5, kind="head"):
    """Return a study of scores: shifted accuracy by the rate of dropout, and of other families."""
    rng = np.random.default_rng(0)
    named = {
        (f"dropout-{rate}" if rate else "baseline"): value for rate, value in accuracies.items()
    }
    doses = {f"dropout-{rate}": rate for rate in accuracies}
    runs, scores = [], []
    for name, value in {**named, **(others or {})}.items():
        family = "dropout" if name in doses else name
        for seed in range(1, seeds + 1):
            run = {"dataset": "d", "backbone": "b", "condition": name, "seed": seed}
            runs.append({**run, "family": family, "dose": doses.get(name), "reference": "baseline",
                         "comparable_weights": True, "pretrained": "timm",
                         "kind": kind if family == "dropout" else ""})  # fmt: skip
            for shift, mean in (("none", 0.87), ("domain", value)):
                scores.append({**run, "test_set": "test" if shift == "none" else "sketch",
                               "shift": shift, "severity": int(shift != "none"),
                               "accuracy": mean + rng.normal(0, 0.001)})  # fmt: skip
    return effects_of(Tables(pd.DataFrame(runs), scores=pd.DataFrame(scores)), ())


def verdict(found, name):
    table = claims_table(found, [CLAIMS[name]]).to_pandas()
    return row(table, part=0, claim=name, is_primary=True)


@pytest.mark.parametrize("data", PUBLISHED)
def test_the_published_accuracies_bear_out_the_published_claim(data):
    found = verdict(tuned(dict(zip(RATES, PUBLISHED[data], strict=True))), "4")
    assert found["verdict"] == "supported"


def test_a_best_rate_elsewhere_breaks_it():
    curve = {0: 0.708, 0.3: 0.718, 0.5: 0.7291, 0.7: 0.74, 0.9: 0.7344, 0.95: 0.7287}
    assert verdict(tuned(curve), "4")["verdict"] == "contradicted"


def test_a_rate_that_is_no_better_than_none_is_not_the_best():
    assert verdict(tuned({0: 0.72, 0.5: 0.70, 0.9: 0.71}), "4")["verdict"] == "contradicted"


@pytest.mark.parametrize(
    ("adds", "expected"), [(0.0, "supported"), (0.0127, "contradicted"), (0.016, "contradicted")]
)
def test_little_beside_dropout_is_little_of_its_own_gain(adds, expected):
    base, large = PUBLISHED["VLCS"][0], PUBLISHED["VLCS"][2]
    others = dict.fromkeys(BESIDE, large + adds) | {"dropout_recomputed": large}
    found = verdict(tuned({0: base, 0.9: large}, others), "6")
    assert found["verdict"] == expected
    assert found["margin"] == pytest.approx((large - base) / 2, abs=0.001)


def test_where_dropout_gains_nothing_little_means_nothing():
    others = dict.fromkeys((*BESIDE, "dropout_recomputed"), 0.79)
    found = verdict(tuned({0: 0.79, 0.9: 0.79}, others), "6")
    assert found["verdict"] == "not testable"
    assert "cannot be told from zero" in found["reason"]


OF_OWN = {"share": 0.2, "to": "own_change"}
UNTRAINED = dict.fromkeys(("noise", "augmentation"), -OWN_CHANGE)
"""Diverse data replaced by the network before any training."""


@pytest.mark.parametrize(
    "of", [[["noise", "augmentation"], "dropout"], [["noise", "augmentation"]]]
)
def test_an_untrained_network_is_not_equivalent_to_a_trained_one(of):
    one = claim(test="equivalence", of=of, **OF_OWN)
    assert whole(world({}), one)["verdict"] == "supported"
    found = whole(world(UNTRAINED), one)
    assert found["verdict"] == "contradicted"
    assert abs(found["effect"]) > found["margin"]


def test_a_margin_below_what_could_be_found_is_none():
    found = whole(world({}, seeds=3), claim(test="equivalence", of=["dropout"], share=0.005,
                                            to="own_change"))  # fmt: skip
    assert found["verdict"] == "not testable"
    assert "is below the smallest effect that could be found" in found["reason"]


def test_an_effect_that_only_trains_less_is_not_the_same_way_as_dropout():
    less = every((*DROPOUT, "noise", "augmentation"), -0.08 * OWN_CHANGE)
    same = claim(test="direction", of=[["noise", "augmentation"]], sign="same", like="dropout")
    alike = claim(test="order", of=["dropout", "weight_decay"], like="noise")
    for one in (same, alike):
        assert whole(world(less, seeds=6), one)["verdict"] not in ("supported", "contradicted")


def test_without_a_control_mechanisms_are_not_testable_and_the_line_is_given():
    about = {"dropout-0.5": {"family": "dropout", "dose": 0.5}, "noise": {}}
    same = claim(test="direction", of=["noise"], sign="same", like="dropout")
    found = whole(world(every(about, 1.0), about=about), same)
    assert found["verdict"] == "not testable"
    assert "`- { name: control-steps, family: control," in found["reason"]


LIMITS = {"dropout": {"least": 0.1, "most": 0.7, "kind": "head"}}
UP = {"test": "direction", "of": ["dropout"], "sign": "up"}


def test_doses_outside_a_claim_are_judged_as_its_extension():
    moved = {"dropout-0.5": 1.0, "dropout-0.7": 1.0, "dropout-0.9": -1.0}
    one = own("X", [UP], about=LIMITS)
    table = judged(world(moved, seeds=6), one)
    table = table[(table["scope"] == "body") & (table["part"] == 0)]
    assert row(table, claim="X")["verdict"] == "supported"
    outside = row(table, claim=f"X{EXTENDED}")
    assert (outside["verdict"], outside["paper"]) == ("contradicted", "study, extended")
    assert outside["is_primary"]
    assert outside["p_holm"] == pytest.approx(outside["p"])  # no claim of the paper's


@pytest.mark.parametrize(("kind", "inside"), [("head", True), ("blocks", False), ("", True)])
def test_the_kind_of_the_factor_is_part_of_what_a_claim_is_about(kind, inside):
    about = {"dropout-0.5": {"family": "dropout", "dose": 0.5, "kind": kind}}
    table = judged(world({"dropout-0.5": 1.0}, about=about), own("X", [UP], about=LIMITS))
    table = table[(table["scope"] == "body") & (table["part"] == 0)]
    assert set(table["claim"]) == ({"X"} if inside else {"X", f"X{EXTENDED}"})
    found = row(table, claim="X")
    if inside:
        assert found["verdict"] == "supported"
    else:
        assert found["verdict"] == "not testable"
        assert found["reason"] == (
            "needs conditions of dropout before the classifier, ≥ 0.1, ≤ 0.7"
        )
        assert row(table, claim=f"X{EXTENDED}")["verdict"] == "supported"


def test_decoupled_decay_is_not_the_l2_term_of_the_papers():
    limits = CLAIMS["B4"].about["weight_decay"]
    assert (limits.kind, limits.least, limits.most) == ("l2", 1e-5, 5e-3)
    assert {name: CLAIMS[name].about["dropout"].kind for name in ("A1", "B1", "1", "B5-B1")} == {
        "A1": "head", "B1": "head", "1": "head", "B5-B1": "everywhere"
    }  # fmt: skip
