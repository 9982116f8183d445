"""The answer in short: what it says, and of which worlds it must not say it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from tests.helpers.planted import DEEP, FAMILIES, OWN_CHANGE, world
from tests.helpers.planted import study as planted
from tests.helpers.reports import hostile_tables, report_of
from tests.helpers.tables import compared, study
from weightscape.comparison.likeness_rows import likeness_table
from weightscape.comparison.relations import relations_table
from weightscape.report.answer import answers
from weightscape.report.nearest import find_likenesses, find_nearest
from weightscape.report.sentences import UNKNOWN
from weightscape.report.silence import NO_MORE
from weightscape.report.words import signed


@pytest.fixture(scope="module")
def tables():
    return study()


def without(tables, **dropped):
    """Return the tables of the study without some of its runs, compared anew."""
    ((column, value),) = dropped.items()
    kept = {name: tables[name] for name in ("runs", "spectra", "scores")}
    kept["runs"] = kept["runs"][kept["runs"][column] != value]
    return kept | compared(kept)


def with_likeness(tables, **by_metric):
    """Return the tables with only these likenesses to dropout: family -> (value, low, high)."""
    likeness = tables["likeness"].copy()
    likeness[["likeness", "low", "high", "error"]] = np.nan
    likeness[["reliability", "reliability_other"]] = 0.2
    likeness["limitation"] = "a reliability is below 0.5: inconclusive"
    likeness["without_layer"] = ""
    kept = (likeness["level"] == "family") & (likeness["one"] == "dropout")
    kept &= (likeness["scope"] == "body") & (likeness["stage"] == "finetuned")
    for metric, families in by_metric.items():
        for family, values in families.items():
            row = kept & (likeness["metric"] == metric) & (likeness["other"] == family)
            likeness.loc[row, ["likeness", "low", "high"]] = values
            likeness.loc[row, "error"] = (values[2] - values[1]) / 2 / t.ppf(0.975, 2)
            if np.isfinite(values[0]):
                likeness.loc[row, "limitation"] = ""
                likeness.loc[row, ["reliability", "reliability_other"]] = 0.9
    return {**tables, "likeness": likeness}


def only_answer(tables):
    (answer,) = answers(tables)
    return answer


ALL_FOUR = {
    "weight_decay": (-0.5, -0.8, -0.2),
    "noise": (0.2, 0.0, 0.4),
    "augmentation": (0.9, 0.7, 1.1),
    "synthetic": (0.1, -0.2, 0.4),
}


def test_a_family_that_stands_out_is_the_answer(tables):
    answer = only_answer(with_likeness(tables, entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert "what augmentation does to entropy beside more or less training" in answer.like[1]
    assert "what dropout does beside it of 0.90 (95 % interval 0.70 to 1.10)" in answer.like[1]
    assert answer.sure[0] == "Tentative"
    assert "3 seeds" in answer.sure[1]
    assert "Where a training turns beyond the controls" in answer.sure[1]


@pytest.mark.parametrize(
    ("changed", "words", "sure", "why"),
    [
        ({"noise": (0.8, 0.5, 1.1)}, "Augmentation, or noise", "Tentative", "Not to be told apart"),
        ({"noise": (np.nan,) * 3}, "Augmentation", "Tentative", "Of noise nothing that repeats"),
        ({"null": (0.95, 0.8, 1.1)}, "Augmentation", "Tentative", "chance can do the same"),
        ({"augmentation": (0.9, -0.1, 1.9)}, UNKNOWN, "Not sure", "contains 0"),
        ({"augmentation": (0.9, np.nan, np.nan)}, UNKNOWN, "Not sure", "needs three"),
        (dict.fromkeys(ALL_FOUR, (-0.5, -0.8, -0.2)), "None", "Clear", "Not to be told apart"),
        (dict.fromkeys(ALL_FOUR, (-0.5, -1.5, 0.5)), UNKNOWN, "Not sure", "contains 0"),
        (dict.fromkeys(ALL_FOUR, (0.5, 0.3, 0.7)), "One of 4 families", "Tentative", "apart"),
        # Each interval leaves out 0, and that of the largest of four may do so by chance.
        (
            dict.fromkeys(ALL_FOUR, (0.5, 0.2, 0.8)),
            UNKNOWN,
            "Not sure",
            "Corrected for the 4 families",
        ),
    ],
)
def test_what_is_not_sure_is_said(tables, changed, words, sure, why):
    answer = only_answer(with_likeness(tables, entropy={**ALL_FOUR, **changed}))
    assert answer.like[0].startswith(words)
    assert answer.sure[0] == sure
    assert why in answer.sure[1]


def test_the_metric_is_chosen_by_how_many_families_it_compares_and_not_by_their_likeness(tables):
    few = {"noise": (1.0, 0.99, 1.01)}
    answer = only_answer(with_likeness(tables, alpha=few, entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert "entropy" in answer.like[1]


def test_the_effect_on_shifted_accuracy_is_that_of_the_comparisons(tables):
    answer = only_answer(with_likeness(tables, entropy=ALL_FOUR))
    effects = tables["comparisons"].query("shift == 'all' and metric == 'accuracy'")
    for condition in ("trivial_augment", "twin"):
        (row,) = effects[effects["condition"] == condition].to_dict("records")
        low, high = (signed(100 * row[end], 1) for end in ("low", "high"))
        assert (
            f"{signed(100 * row['effect'], 1)} percentage points (95 % interval {low} to {high})"
            in answer.shifted[1]
        )
    assert answer.shifted[0] == "Yes"


def test_a_family_counts_with_the_mean_of_its_conditions(tables):
    rows = {row["family"]: row for row in only_answer(tables).rows}
    both = tables["comparisons"].query(
        "shift == 'all' and metric == 'accuracy' and family == 'weight_decay'"
    )
    assert len(both) == 2
    assert rows["weight_decay"]["shifted"].value == pytest.approx(both["effect"].mean())
    assert rows["scratch"]["likeness"] == dict.fromkeys(only_answer(tables).metrics)
    assert list(rows)[-1] == "null"


def test_a_family_that_is_worse_is_called_worse(tables):
    moved = tables["scores"].copy()
    worse = (moved["condition"] == "trivial_augment") & (moved["shift"] != "none")
    moved.loc[worse, "accuracy"] -= 0.5
    answer = only_answer(with_likeness({**tables, "scores": moved}, entropy=ALL_FOUR))
    assert answer.shifted[0] == "No, worse"


def test_families_that_are_not_told_apart_are_judged_one_by_one(tables):
    both = {**ALL_FOUR, "weight_decay": (0.8, 0.5, 1.1)}
    answer = only_answer(with_likeness(tables, entropy=both))
    assert answer.like[0] == "Augmentation, or weight decay"
    assert answer.shifted[0] == "Augmentation: better"
    assert "weight decay by +0.8 percentage points" in answer.shifted[1]


def test_what_is_not_known_to_be_alike_does_not_answer_for_accuracy(tables):
    unsure = {**ALL_FOUR, "augmentation": (0.9, -0.1, 1.9)}
    assert only_answer(with_likeness(tables, entropy=unsure)).shifted[0] == UNKNOWN


def test_one_seed_answers_nothing():
    answer = only_answer(study(seeds=1))
    assert answer.like[0] == answer.shifted[0] == UNKNOWN
    assert "one seed" in answer.like[1]


def test_without_dropout_there_is_nothing_to_compare_with(tables):
    answer = only_answer(without(tables, family="dropout"))
    assert answer.like[0] == UNKNOWN
    assert "no condition of the family dropout" in answer.like[1]
    tables = hostile_tables()
    page = report_of(tables | without(tables, family="dropout"))
    assert "no condition of the family dropout" in page
    assert '<span class="quiet">other start</span>' not in page


@pytest.mark.parametrize("lost", ["dropout-0.5", "baseline"])
def test_where_a_run_of_dropout_or_of_its_reference_failed_it_says_so(tables, lost):
    runs = tables["runs"].copy()
    of_dropout = runs["family"] == "dropout" if lost != "baseline" else runs["condition"] == lost
    runs.loc[of_dropout & (runs["seed"] == 1), ["status", "reason"]] = ["failed", "it is nan"]
    given = {**tables, "runs": runs}
    answer = only_answer(given | compared(given))
    assert answer.like[0] == UNKNOWN
    assert "Runs failed" in answer.like[1]
    assert "no other family" not in answer.like[1]


def test_without_a_twin_chance_is_not_known(tables):
    answer = only_answer(with_likeness(without(tables, family="null"), entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert "There is no twin" in answer.shifted[1]


def test_where_all_is_inconclusive_nothing_is_told(tables):
    answer = only_answer(with_likeness(tables))
    assert (answer.like[0], answer.sure[0], answer.shifted[0]) == (UNKNOWN, "Not sure", UNKNOWN)
    assert NO_MORE in answer.like[1]
    assert "reliability 0.20, where 0.50 is needed" in answer.like[1]


def test_without_shifts_it_says_so(tables):
    usual = {**tables, "scores": tables["scores"][tables["scores"]["shift"] == "none"]}
    answer = only_answer(usual | compared(usual))
    assert answer.shifted == (UNKNOWN, "The study tests on no shifted images.")


def test_every_dataset_and_backbone_has_its_answer(tables):
    other = study(dataset="other", seed=1)
    both = {name: pd.concat([table, other[name]]) for name, table in tables.items()}
    assert [answer.dataset for answer in answers(both)] == ["digits", "other"]
    assert str(answers(both)[0]) == str(only_answer(tables))


def found_in(moved, seeds=5, about=FAMILIES):
    """Return the tables of a world in which conditions move the layers so, see `world`."""
    effects = [world(moved, seeds, about)]
    nothing = {name: np.zeros((seeds, len(DEEP))) for name in ("baseline", *about)}
    runs, _, scores = planted(nothing, about=about, layers=DEEP)
    return {
        "runs": runs,
        "scores": scores,
        "likeness": likeness_table(effects).to_pandas(),
        "relations": relations_table(effects).to_pandas(),
    }


DROPOUT = ("dropout-0.5", "dropout-0.7", "dropout-0.9")
OTHERS = ("weight_decay", "noise", "augmentation")
SHARED = np.array([0.5, -0.9, 0.7, 0.3, -0.8, 0.6, -0.5, 0.9, -0.8, 0.0])
UNRELATED = {
    "weight_decay": np.array([0.8, 0.5, 0.2, -0.7, -0.6, -0.5, 0.6, -0.9, 0.6, 0.0]),
    "noise": np.array([-0.7, 0.1, 0.9, -0.3, 0.5, 0.8, -0.9, -0.8, 0.4, 0.0]),
}
AMOUNTS = {"weight_decay": 0.03, "noise": 0.06, "augmentation": 0.09}
MORE_OR_LESS = {name: -share * OWN_CHANGE for name, share in AMOUNTS.items()}


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("share", [0.08, 0.5])
def test_less_training_is_not_taken_for_likeness(seeds, share):
    less = dict.fromkeys(DROPOUT, -share * OWN_CHANGE)
    tables = found_in({**less, **MORE_OR_LESS}, seeds)
    # With the amount of training in it, it would be: that is what the world is made for.
    raw = find_likenesses(tables["likeness"])["log_norm"]["augmentation"].raw
    assert raw.value == pytest.approx(1, abs=0.05)
    assert raw.low > 0
    answer = only_answer(tables)
    assert answer.like[0] == UNKNOWN
    assert answer.sure[0] == "Not sure"
    assert NO_MORE in answer.like[1]
    explained = int(answer.like[1].partition("explains ")[2].partition(" %")[0])
    assert explained > 90


def test_without_a_control_it_cannot_be_told_and_the_line_to_add_is_given():
    about = {name: entry for name, entry in FAMILIES.items() if name != "control-steps"}
    alike = dict.fromkeys((*DROPOUT, "augmentation"), SHARED)
    answer = only_answer(found_in(alike, about=about))
    assert (answer.like[0], answer.sure[0]) == (UNKNOWN, "Not sure")
    assert "the study needs a control" in answer.like[1]
    assert (
        "`- { name: control-steps, family: control, factors: { steps_factor: 0.8 } }`"
        in (answer.like[1])
    )


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_of_conditions_that_do_nothing_nothing_is_told(seeds):
    answer = only_answer(found_in({}, seeds))
    assert answer.like[0] == UNKNOWN
    assert "In no metric does what dropout does repeat itself" in answer.like[1]


def test_beside_twin_and_control_alone_dropout_has_nothing_to_be_compared_with():
    about = {name: entry for name, entry in FAMILIES.items() if name not in OTHERS}
    answer = only_answer(found_in(dict.fromkeys(DROPOUT, SHARED), about=about))
    assert answer.like[0] == UNKNOWN
    assert "There is no other family" in answer.like[1]


def test_a_pattern_of_their_own_that_two_families_share_is_found():
    less = -0.08 * OWN_CHANGE
    alike = dict.fromkeys((*DROPOUT, "augmentation"), SHARED + less)
    answer = only_answer(found_in({**alike, **UNRELATED}))
    assert answer.like[0] == "Augmentation"
    assert answer.sure[0] == "Tentative"
    assert "likeness to what dropout does beside it of 1.0" in answer.like[1]
    assert "With the amount of training in it the likeness is 1.0" in answer.like[1]
    assert "of the pattern of augmentation and" in answer.like[1]


def test_of_families_that_only_train_less_no_more_is_said_where_dropout_does_more():
    answer = only_answer(found_in({**dict.fromkeys(DROPOUT, SHARED), **MORE_OR_LESS}))
    assert answer.like[0] == UNKNOWN
    assert f"what they are shown to do is {NO_MORE}" in answer.like[1]
    assert "% of augmentation" in answer.like[1]


@pytest.mark.parametrize(("explained", "who"), [(0.9, "dropout"), (0.3, "weight decay")])
def test_what_goes_further_than_the_controls_is_not_compared_and_says_what_to_add(
    tables, explained, who
):
    given = with_likeness(tables)
    likeness = given["likeness"]
    likeness[["reliability", "reliability_other"]] = 0.9
    likeness["explained"] = explained
    answer = only_answer(given)
    assert answer.like[0] == UNKNOWN
    assert f"most of what {who} does is the amount of training, and further" in answer.like[1]


def test_a_likeness_that_rests_on_one_layer_says_so_and_is_not_clear():
    spike = np.where([name == "conv3" for name, _ in DEEP], 4.0, 0.0)
    alike = dict.fromkeys(DROPOUT, 0.3 * SHARED + spike)
    alike["augmentation"] = 0.3 * SHARED[::-1] + spike
    answer = only_answer(found_in({**alike, **UNRELATED}))
    assert answer.like[0] == "Augmentation"
    assert answer.sure[0] == "Tentative"
    assert "It rests on one layer: without conv3 it would" in answer.sure[1]


def test_a_relation_that_rests_on_one_condition_says_so(tables):
    relations = tables["relations"].copy()
    numbers = ["r", "low", "high", "r_without", "low_without", "high_without"]
    relations[numbers] = (0.98, 0.9, 1.06, 0.23, -0.1, 0.5)
    relations["without_condition"] = "noise-0.3"
    given = with_likeness({**tables, "relations": relations}, entropy=ALL_FOUR)
    said = "It rests on one condition: without noise-0.3 it would be 0.23 [−0.10, 0.50]."
    assert said in only_answer(given).shifted[1]
    relations[numbers] = (0.98, 0.9, 1.06, 0.97, 0.9, 1.04)
    assert "It rests on one condition" not in only_answer(given).shifted[1]


def test_the_correction_is_bonferronis_over_the_families_compared(tables):
    nearest = find_nearest(find_likenesses(with_likeness(tables, entropy=ALL_FOUR)["likeness"]))
    assert nearest.n_compared == 4
    error = 0.2 / t.ppf(0.975, 2)
    half = t.ppf(1 - 0.05 / 8, 2) * error
    assert nearest.corrected == pytest.approx((0.9, 0.9 - half, 0.9 + half))
    # Twins and controls are no families that could be picked.
    more = {**ALL_FOUR, "null": (0.1, 0.0, 0.2), "control": (0.1, 0.0, 0.2)}
    likeness = with_likeness(tables, entropy=more)["likeness"]
    assert find_nearest(find_likenesses(likeness)).corrected == nearest.corrected
