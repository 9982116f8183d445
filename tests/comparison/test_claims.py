"""Claims, from the config to their verdicts, on tables with planted effects."""

import copy
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError
from scipy import stats

from tests.helpers.planted import DROPOUT, claim, every, judged, own, row, whole, world
from weightscape.comparison.arrays import ALL
from weightscape.comparison.claims import EXTENDED, VERDICTS, claims_table
from weightscape.comparison.metrics import check_part
from weightscape.comparison.paired import correct_holm
from weightscape.config.claims import Claim, Part, claims_at_fixed_k, claims_of_papers
from weightscape.study.study import Study
from weightscape.tables import claims as schema

ALL_UP = every(DROPOUT, 1.0)
WAVE = np.array(
    [1.0, -1, 1, -1, 1, -1, 1, -1, 1, 0]
)  # two profiles over the layers that are alike in nothing
SLOPE = np.append((np.arange(9) - 4.0) / 2, 0.0)
DIRECTION = {"test": "direction", "of": ["dropout"], "sign": "up"}
LIKE = {"test": "direction", "of": ["dropout"], "like": "noise"}
GROUPS = {"test": "order", "of": ["dropout", "weight_decay"]}
DOSES = {"test": "order", "of": ["dropout"]}
PROFILES = {"test": "order", "of": ["noise", "weight_decay"], "like": "dropout"}
OF_OWN = {"share": 0.2, "to": "own_change"}  # a margin of .5
EQUAL = {"test": "equivalence", "of": ["dropout"], **OF_OWN}
BEST = {"test": "best", "of": [{"families": ["dropout"], "least": 0.9}]}
RISING = {"dropout-0.5": 1, "dropout-0.7": 2, "dropout-0.9": 3}
PEAK = {"dropout-0.5": 1, "dropout-0.7": 3, "dropout-0.9": 1}


def negative(moved):
    return {name: -np.asarray(value) for name, value in moved.items()}


def test_every_claim_of_the_papers_is_there_once():
    claims = claims_of_papers()
    names = [claim.claim for claim in claims]
    assert len(set(names)) == len(names)
    papers = {paper: [c.claim.split("-")[0] for c in claims if c.paper == paper]
              for paper in dict.fromkeys(c.paper for c in claims)}  # fmt: skip
    assert {paper: list(dict.fromkeys(ids)) for paper, ids in papers.items()} == {
        "arXiv:2410.14602v1": ["A1", "A2", "A3", "A4", "A5", "A6"],
        "arXiv:2410.14602v2": ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"],
        "arXiv:2403.00946": ["1", "2", "3", "4", "5", "6", "7", "8", "9"],
    }
    for one in claims:
        assert one.statement.endswith(".")
        assert bool(one.parts) != bool(one.needs)


def test_no_equivalence_of_the_papers_has_a_margin_of_its_own():
    parts = [part for one in claims_of_papers() for part in one.parts]
    of = [part for part in parts if part.test == "equivalence"]
    assert of
    assert all(part.margin is None and part.to is not None for part in of)


@pytest.mark.parametrize(
    ("part", "holds", "broken", "between"),
    [
        (DIRECTION, ALL_UP, negative(ALL_UP), {}),
        (LIKE | {"sign": "same"}, ALL_UP | {"noise": 1}, ALL_UP | {"noise": -1}, ALL_UP),
        (LIKE | {"sign": "opposite"}, ALL_UP | {"noise": -1}, ALL_UP | {"noise": 1}, ALL_UP),
        (GROUPS, ALL_UP, negative(ALL_UP), {}),
        (DOSES | {"sign": "rising"}, RISING, negative(RISING), {"dropout-0.9": 1}),
        (DOSES | {"sign": "falling"}, negative(RISING), RISING,
         {"dropout-0.7": 0.02, "dropout-0.9": -1}),
        (DOSES | {"sign": "peak"}, PEAK, RISING, {}),
        (EQUAL, {}, ALL_UP, every(DROPOUT, 0.5)),
        ({"test": "equivalence", "of": ["dropout", "noise"], **OF_OWN}, ALL_UP | {"noise": 1},
         ALL_UP, ALL_UP | {"noise": 0.5}),
        (EQUAL | {"share": 0.5, "to": "noise"}, {"noise": 1}, ALL_UP | {"noise": 1},
         every(DROPOUT, 0.5) | {"noise": 1}),
        (BEST, RISING, PEAK, ALL_UP),
        (PROFILES, every((*DROPOUT, "noise"), WAVE) | {"weight_decay": SLOPE},
         every((*DROPOUT, "weight_decay"), WAVE) | {"noise": SLOPE},
         every((*DROPOUT, "noise", "weight_decay"), WAVE)),
    ],
    ids=["direction", "same", "opposite", "groups", "rising", "falling", "peak", "equivalence",
         "equal groups", "share of a group", "best", "likeness"],
)  # fmt: skip
@pytest.mark.parametrize("scope", ["body", "all"])
def test_every_verdict_of_every_test(part, holds, broken, between, scope):
    one = claim(**part)
    for moved, verdict in (
        (holds, "supported"), (broken, "contradicted"), (between, "inconclusive")
    ):  # fmt: skip
        found = whole(world(moved, seeds=6), one, scope=scope)
        assert found["verdict"] == verdict
        p = found["p_holm" if scope == "body" else "p"]
        assert (p <= 0.05) == (verdict != "inconclusive")
        if scope == "body":
            assert (found["reason"] != "") == (verdict == "inconclusive")
    alone = {"noise": {}} if part["of"] != ["noise"] else {"dropout": {}}
    gone = whole(world({}, about=alone), one, scope=scope)
    assert gone["verdict"] == "not testable"
    assert gone["reason"].startswith("needs conditions of ")
    assert {"supported", "contradicted", "inconclusive", "not testable"} == set(VERDICTS)


def test_the_numbers_of_a_direction():
    found = world(ALL_UP)
    mean, _ = found.mean_over("finetuned", "log_norm", found.within("body"))
    members = found.conditions["family"] == "dropout"
    by_seed, twin = mean[members].mean(axis=0), mean[~members][0]
    expected, floor = stats.ttest_1samp(by_seed, 0), stats.ttest_1samp(twin, 0)
    row_ = whole(found, claim(**DIRECTION))
    assert row_["effect"] == pytest.approx(by_seed.mean())
    assert (row_["low"], row_["high"]) == pytest.approx(expected.confidence_interval(0.95))
    assert row_["p"] == row_["p_holm"] == pytest.approx(expected.pvalue)
    assert (row_["floor_low"], row_["floor_high"]) == pytest.approx(floor.confidence_interval(0.95))
    assert (row_["n_seeds"], row_["p_sign_flip"], row_["p_floor"]) == (4, 0.125, 0.125)
    assert (row_["test"], row_["metric"]) == ("direction", "log_norm")
    assert row_["what"] == "dropout moves log_norm up"


def test_groups_may_be_some_doses_and_several_families():
    some = {"families": ["dropout"], "least": 0.7, "most": 0.7}
    part = {"test": "order", "of": [some, ["noise", "augmentation"]]}
    moved = {
        "dropout-0.5": 9,
        "dropout-0.7": 2,
        "dropout-0.9": 9,
        "noise": 0.5,
        "augmentation": 1.5,
    }
    found = whole(world(moved), claim(**part))
    assert found["effect"] == pytest.approx(2 - 1, abs=0.1)
    assert found["what"] == ("effect on log_norm: dropout (≥ 0.7, ≤ 0.7) > noise + augmentation")


def test_a_claim_stands_with_all_its_parts_or_with_any():
    up, down = DIRECTION, DIRECTION | {"of": ["noise"], "sign": "down"}
    found = world(ALL_UP | {"noise": 1})
    table = judged(found, own("both", [up, down]), own("any", [up, down], combine="any"))
    table = table[table["scope"] == "body"]
    assert row(table, claim="both", part=0)["verdict"] == "contradicted"
    assert row(table, claim="any", part=0)["verdict"] == "supported"
    for name in ("both", "any"):
        assert row(table, claim=name, part=1)["verdict"] == "supported"
        assert row(table, claim=name, part=2)["verdict"] == "contradicted"
    parts = table[(table["claim"] == "any") & (table["part"] > 0)]
    assert row(table, claim="any", part=0)["p"] == pytest.approx(2 * parts.iloc[0]["p"])
    assert row(table, claim="both", part=0)["p"] == pytest.approx(2 * parts.iloc[1]["p"])
    assert row(table, claim="both", part=0)["what"] == "noise moves log_norm down"
    assert np.isnan(row(table, claim="both", part=0)["p_sign_flip"])


def test_one_part_that_cannot_be_tested_leaves_the_whole_untested():
    found = world(ALL_UP)
    table = judged(found, own("both", [DIRECTION, DIRECTION | {"of": ["synthetic"]}]))
    table = table[table["scope"] == "body"]
    assert table["verdict"].tolist() == ["not testable", "supported", "not testable"]
    assert row(table, part=0)["reason"] == "needs conditions of synthetic"


def test_holm_is_over_the_primary_verdicts_of_a_paper():
    found = world({"dropout-0.5": 0.05, "noise": 0.04, "augmentation": 0.08})
    names = ("dropout", "noise", "augmentation", "weight_decay")
    claims = [own(f"{paper}-{of}-{metric}", [DIRECTION | {"of": [of], "metrics": [metric]}],
                  paper=paper)
              for paper in ("P", "Q") for of in names[: 4 if paper == "P" else 2]
              for metric in ("log_norm", "accuracy")]  # fmt: skip
    table = judged(found, *claims)
    wholes = table[table["part"] == 0]
    assert wholes.groupby(["paper", "scope", "is_primary"]).size().to_dict() == {
        ("P", "all", False): 4, ("P", "body", True): 4, ("P", "scores", True): 4,
        ("Q", "all", False): 2, ("Q", "body", True): 2, ("Q", "scores", True): 2,
    }  # fmt: skip
    primary = wholes[wholes["is_primary"]]
    for _, members in primary.groupby("paper"):
        np.testing.assert_allclose(members["p_holm"], correct_holm(members["p"]))
    assert table.loc[~table["is_primary"] | (table["part"] > 0), "p_holm"].isna().all()
    lost = primary[(primary["p"] <= 0.05) & (primary["p_holm"] > 0.05)]
    assert len(lost)
    assert set(lost["verdict"]) == {"inconclusive"}
    assert set(lost["reason"]) == {"open once corrected for the other claims"}


def test_a_claim_on_weights_is_judged_with_and_without_the_classifier():
    only_classifier = np.append(np.zeros(9), 10.0)
    found = world(every(DROPOUT, only_classifier), seeds=6)
    table = judged(found, claim("up", **DIRECTION), claim("none", **EQUAL))
    wholes = table[table["part"] == 0].set_index(["claim", "scope"])["verdict"].to_dict()
    assert wholes["up", "all"] == "supported"
    assert wholes["up", "body"] == "inconclusive"
    assert wholes["none", "all"] == "contradicted"
    assert wholes["none", "body"] == "supported"


def test_a_claim_on_scores_is_judged_once():
    found = world(ALL_UP)
    one = claim(**DIRECTION | {"metrics": ["accuracy", "shifted_accuracy", "accuracy_gap"]})
    table = judged(found, one)
    assert set(table["scope"]) == {"scores"}
    effects = table[table["part"] > 0].set_index("metric")["effect"]
    scores = {s: found.scores[(*s, "accuracy")] for s in
              (("test", "none", 0), (ALL, ALL, None))}  # fmt: skip
    of = (found.conditions["family"] == "dropout").to_numpy()
    iid, shifted = (values.values[of].mean() for values in scores.values())
    assert effects["accuracy"] == pytest.approx(iid)
    assert effects["shifted_accuracy"] == pytest.approx(shifted)
    assert effects["accuracy_gap"] == pytest.approx(iid - shifted)


def test_networks_from_scratch_are_looked_at_by_themselves():
    scratch = {"scratch": {"comparable_weights": False, "pretrained": "none"},
               "dropout_scratch": {"family": "dropout", "reference": "scratch",
                                   "pretrained": "none"}}  # fmt: skip
    about = {"dropout": {}} | scratch
    found = world({"dropout": 1.0, "dropout_scratch": -1.0}, about=about)
    fine, raw = (own(name, [DIRECTION], from_scratch=name == "raw") for name in ("fine", "raw"))
    assert whole(found, fine)["verdict"] == "supported"
    assert whole(found, raw)["verdict"] == "contradicted"
    alone = whole(world({}), raw)
    assert alone["reason"] == "needs conditions of dropout from scratch"


def test_what_no_table_tells_is_named():
    found = judged(world({}), Claim(claim="x", statement="It is.", needs="a telescope"))
    [only] = found.to_dict("records")
    assert (only["verdict"], only["reason"], only["scope"]) == (
        "not testable", "needs a telescope", ""
    )  # fmt: skip


def test_the_claims_of_the_papers_in_one_table():
    table = claims_table([world({})], claims_of_papers())
    assert table.schema.equals(schema.SCHEMA)
    found = table.to_pandas()
    assert {name.removesuffix(EXTENDED) for name in found["claim"]} == {
        claim.claim for claim in claims_of_papers()
    }
    assert set(found["verdict"]) <= set(VERDICTS)
    assert (found.loc[found["verdict"] == "not testable", "reason"] != "").all()


STUDY = yaml.safe_load((Path(__file__).parents[2] / "studies/digits.yaml").read_text("utf-8"))


def with_claims(*claims):
    return Study.model_validate(copy.deepcopy(STUDY) | {"claims": list(claims)})


def test_a_study_makes_claims_of_its_own():
    part = {"test": "equivalence", "metrics": ["log_norm"], "of": ["noise"], "margin": 0.3}
    mine = {"claim": "mine", "statement": "It is.", "parts": [part]}
    study = with_claims(mine)
    assert [c.claim for c in study.all_claims] == [
        *(c.claim for c in (*claims_of_papers(), *claims_at_fixed_k())), "mine"
    ]  # fmt: skip
    assert study.claims[0].paper == "study"
    found = whole(world({}), *study.claims)
    assert (found["verdict"], found["margin"]) == ("supported", 0.3)
    assert np.isnan(found["p_sign_flip"])  # flips ask about zero, not about a margin
    for name in ("A1", "9", "A1-fixed-k"):
        with pytest.raises(ValidationError, match=f"claims: 2 of them are named '{name}'"):
            with_claims(mine | {"claim": name})
    with pytest.raises(ValidationError, match="claims: 2 of them are named 'mine'"):
        with_claims(mine, mine)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (DIRECTION | {"sign": "same"}, "same does not go with this direction; it can be up, down"),
        (DIRECTION | {"sign": None}, "it can be up, down"),
        (LIKE | {"sign": "up"}, "it can be same, opposite"),
        (DOSES, "none does not go with this order; it can be rising, falling, peak"),
        (GROUPS | {"sign": "rising"}, "rising does not go with this order; leave it out"),
        (EQUAL | {"sign": "up"}, "up does not go with this equivalence; leave it out"),
        (EQUAL | {"like": "noise"}, "like: equivalence has none"),
        (EQUAL | {"margin": 0}, "greater than 0"),
        (EQUAL | {"margin": 1}, "an equivalence needs a margin, or a share and what it is a share"),
        ({"test": "equivalence", "of": ["dropout"]}, "an equivalence needs a margin, or a share"),
        (EQUAL | {"to": None}, "an equivalence needs a margin, or a share"),
        (BEST | {"of": ["dropout"]}, "`best` is about the doses of one group; give its `least`"),
        (BEST | {"sign": "up"}, "up does not go with this best; leave it out"),
        (DIRECTION | {"margin": 0.1}, "margin: a test of direction has none, only an equivalence"),
        (DOSES | {"sign": "rising", "like": "noise"}, "give two groups"),
        (DIRECTION | {"metrics": []}, "at least 1 item"),
        (DIRECTION | {"of": []}, "at least 1 item"),
        (DIRECTION | {"of": [{"families": []}]}, "at least 1 item"),
    ],
)
def test_parts_that_make_no_sense_are_refused(part, message):
    with pytest.raises(ValidationError, match=message):
        Part.model_validate({"metrics": ["log_norm"]} | part)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (PROFILES | {"metrics": ["accuracy"]}, "x: a score has no profile over layers"),
        (DIRECTION | {"metrics": ["beauty"]}, "x: 'beauty' is no metric to compare; there are al"),
        (DIRECTION | {"metrics": ["xmin"]}, "x: 'xmin' is no metric to compare"),
        (
            EQUAL | {"metrics": ["accuracy"]},
            "x.to: own_change is of weights, and accuracy is a sco",
        ),
    ],
)
def test_parts_on_what_is_not_compared_are_refused(part, message):
    with pytest.raises(ValueError, match=message):
        check_part(Part.model_validate({"metrics": ["log_norm"]} | part), "x")


def test_the_claims_of_the_papers_are_on_what_is_compared():
    for each in (*claims_of_papers(), *claims_at_fixed_k()):
        for part in each.parts:
            check_part(part, each.claim)


@pytest.mark.parametrize("given", [{}, {"needs": "luck", "parts": [{"metrics": ["alpha"],
                                                                    **DIRECTION}]}])  # fmt: skip
def test_a_claim_has_tests_or_says_what_it_needs(given):
    with pytest.raises(ValidationError, match="x: give the parts to test, or what it needs"):
        Claim.model_validate({"claim": "x", "statement": "It is."} | given)
