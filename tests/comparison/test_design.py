"""Planned studies: the runs that every test adds up, and what is lacking, as the judge has them."""

import numpy as np
import pytest

from tests.helpers.designs import CONDITIONS, design, draw, rows
from weightscape.comparison.arrays import IID
from weightscape.comparison.design import UnforeseenError, design_study, find_required
from weightscape.comparison.evidence import Evidence, NotTestableError
from weightscape.comparison.parts import list_tests
from weightscape.config.claims import Claim, claims_of_papers

MORE = CONDITIONS | {
    "augmentation": ("augmentation", None),
    "synthetic-0.5": ("synthetic", 0.5),
    "synthetic-1": ("synthetic", 1.0),
    "synthetic-2": ("synthetic", 2.0),
    "ensemble": ("ensemble", None),
    "weight_average": ("weight_average", None),
    "dropout_average": ("dropout_average", None),
    "dropout_ensemble": ("dropout_ensemble", None),
    "dropout_fast_head": ("dropout_fast_head", None),
}


def required(part, planned=None, **claim):
    """Return what a claim of one part needs."""
    parts = [{"metrics": ["log_norm"], **part}]
    claim = Claim.model_validate({"claim": "own", "statement": "So.", "parts": parts, **claim})
    return find_required(claim, Evidence(planned or design(), "body", about=claim.about))


def variances(part, planned=None):
    """Return the variances of the sums of the one test, those of a run being 1."""
    [found], lacking = required(part, planned)
    assert lacking == []
    return (found.criterion.sums**2).sum(axis=1).tolist()


def test_effects_are_sums_of_independent_runs():
    up, order = {"test": "direction", "sign": "up"}, {"test": "order"}
    assert variances(up | {"of": ["weight_decay"]}) == [2]
    assert variances(up | {"of": ["dropout"]}) == pytest.approx([1 + 1 / 3])
    assert variances(order | {"of": ["dropout", "noise"]}) == pytest.approx([1 / 3 + 1 / 2])
    assert variances(order | {"of": ["dropout"], "sign": "falling"}) == [2, 2]
    share = {"test": "equivalence", "share": 0.2, "to": "own_change"}
    assert sorted(variances(share | {"of": ["dropout"]})) == pytest.approx(
        sorted([1.2**2 + 1 / 3, 0.8**2 + 1 / 3, 0.2**2])
    )
    # The same reference is in both groups, but not in what the margin is a share of.
    assert variances(share | {"of": ["dropout", "noise"]}) == pytest.approx(
        [1 / 3 + 1 / 2 + 0.04] * 2 + [0.04]
    )


def test_conditions_may_have_references_of_their_own():
    planned = rows()
    for row in planned:
        if row["condition"] == "noise-0.3":
            row["reference"] = "weight_decay"
    [found] = design_study(planned, ["log_norm"], [], ["d"])
    part = {"test": "direction", "sign": "up", "of": ["noise"]}
    assert variances(part, found.effects) == [4 / 4]  # ((a − r) + (b − w)) / 2


def test_some_that_may_each_be_it_share_the_level():
    [found], _ = required({"test": "best", "of": [{"families": ["dropout"], "least": 0.6}]})
    assert found.criterion.level == 0.05 / 2
    assert (found.criterion.sums**2).sum(axis=1).tolist() == [2, 2]


@pytest.mark.parametrize("scratch", [False, True])
@pytest.mark.parametrize("conditions", [CONDITIONS, MORE], ids=["few", "more"])
def test_the_tests_of_the_papers_are_those_that_the_judge_makes(conditions, scratch):
    about = {"from_scratch": scratch, "kind": ""}
    metrics = ["alpha", "entropy", "log_norm", "log_spectral_norm"]
    [planned] = design_study(rows(conditions, **about), metrics, [], ["d"])
    made = draw(planned.effects, 6, np.random.default_rng(0), own=1e3)
    n_tests = 0
    for claim in claims_of_papers():
        for outside in (False, True):
            options = {"from_scratch": claim.from_scratch, "about": claim.about, "outside": outside}
            tested, reasons = [], []
            for part in claim.parts:
                for test in list_tests(part, Evidence(made, "body", **options)):
                    try:
                        tested.append(test())
                    except NotTestableError as error:
                        reasons.append(str(error))
            try:
                found, lacking = find_required(claim, Evidence(planned.effects, "body", **options))
            except UnforeseenError:
                assert claim.claim.removeprefix("B5-") in ("A1", "A2", "B1")
                continue
            seen = [reason for reason in reasons if "could be found" not in reason]
            seen = [reason for reason in seen if "told from zero" not in reason]
            seen = [reason for reason in seen if "further than any control" not in reason]
            assert lacking == list(dict.fromkeys(seen)), claim.claim
            assert len(found) == len(tested) + len(reasons) - len(seen) or lacking, claim.claim
            kinds = {(each.part.test, each.metric) for each in found}
            assert kinds >= {(each.test, each.metric) for each in tested}, claim.claim
            n_tests += len(found)
    assert n_tests >= 20


def test_what_a_planned_study_lacks_is_named():
    part = {"test": "direction", "of": ["dropout"], "sign": "up"}
    like = {"test": "direction", "of": ["noise"], "sign": "same", "like": "dropout"}
    for planned, wanted, reason in (
        (design(), part | {"of": ["ensemble"]}, "needs conditions of ensemble"),
        (design(), part | {"metrics": ["entropy"]}, "needs entropy, which the study does not"),
        (design(conditions={**CONDITIONS, "control": ("other", None)}), like, "needs a control"),
        (design(comparable_weights=False), part, "needs effects of dropout-0.5, dropout-0.7"),
    ):
        found, [lacking] = required(wanted, planned)
        assert found == []
        assert lacking.startswith(reason)
    [unshifted] = design_study(rows(), ["log_norm"], [], [])
    _, [lacking] = required(part | {"metrics": ["shifted_accuracy"]}, unshifted.effects)
    assert lacking == "needs shifted_accuracy, which the study does not compare"


def test_a_likeness_is_not_foreseen_but_what_it_lacks_is():
    part = {"test": "order", "of": ["noise", "weight_decay"], "like": "dropout"}
    with pytest.raises(UnforeseenError, match="likeness"):
        required(part)
    planned = design(conditions={**CONDITIONS, "weight_decay": ("other", None)})
    assert required(part, planned)[1] == ["needs conditions of weight_decay"]


def test_domains_of_a_group_are_one_set_and_a_chosen_grid_one_condition():
    cells = [{"dataset": name, "backbone": "b"} for name in ("a", "c", "e")]
    group = {"dataset_group": "pacs"}
    planned = [*rows(cell=cells[0], **group), *rows(cell=cells[1], **group), *rows(cell=cells[2])]
    found = design_study(planned, ["log_norm"], [], [])
    assert [(each.effects.dataset, each.domains) for each in found] == [("pacs", 2), ("e", 1)]
    grid = [{**row, "condition": row["condition"] + end} for end in ("+1", "+2") for row in rows()]
    [chosen] = design_study(grid, ["log_norm"], [], [])
    assert list(chosen.effects.conditions["condition"]) == [*CONDITIONS][1:]
    assert chosen.effects.scores[*IID, "accuracy"].values.shape == (8, 9)
