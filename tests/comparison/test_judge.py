"""The tests that claims stand or fall with, by hand and against scipy's one-sided tests."""

import numpy as np
import pytest
from scipy import stats

from weightscape.comparison.judge import (
    Judged,
    best,
    direction,
    equivalence,
    equivalence_to,
    order,
    peak,
    weigh,
)
from weightscape.comparison.paired import estimate_paired, jackknife

UP = [1.0, 1.2, 0.9, 1.1]
DOWN = [-1.0, -1.3, -0.9, -1.2]
OPEN = [1.0, -1.1, 0.4, -0.2]
NOTHING = [np.nan] * 4
SAME = [1.0] * 4


def twice(x, border=0.0, alternative="greater"):
    """Return twice scipy's one-sided p."""
    return min(1.0, 2 * stats.ttest_1samp(x, border, alternative=alternative).pvalue)


@pytest.mark.parametrize("x", [UP, DOWN, OPEN])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_direction_is_scipys_one_sided_tests(x, sign):
    found = direction(estimate_paired(x), sign)
    with_it, against = ("greater", "less") if sign == 1 else ("less", "greater")
    assert found.supported == pytest.approx(twice(x, 0, with_it))
    assert found.contradicted == pytest.approx(twice(x, 0, against))
    assert found.estimate.effect == pytest.approx(np.mean(x))
    # The smaller one is the two-sided p.
    assert min(found[1:]) == pytest.approx(stats.ttest_1samp(x, 0).pvalue)


@pytest.mark.parametrize(("one", "like"), [(UP, UP), (UP, DOWN), (DOWN, UP), (DOWN, DOWN)])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_same_or_the_opposite_way_as_another(one, like, sign):
    found = direction(estimate_paired(one), sign, estimate_paired(np.array(like) * 0.9))
    p = max(stats.ttest_1samp(x, 0).pvalue for x in (one, like))
    together = (np.mean(one) > 0) == (np.mean(like) > 0)
    borne_out, other = (
        (found.supported, found.contradicted)
        if together == (sign == 1)
        else (found.contradicted, found.supported)
    )
    assert borne_out == pytest.approx(p)
    assert other > 0.9


@pytest.mark.parametrize(("one", "like"), [(UP, OPEN), (OPEN, UP), (OPEN, OPEN)])
def test_a_way_that_is_open_decides_nothing(one, like):
    found = direction(estimate_paired(one), 1, estimate_paired(like))
    assert min(found.supported, found.contradicted) > 0.5


def test_an_order_holds_with_all_its_steps():
    steps = [UP, np.array(UP) + 5]
    found = order([estimate_paired(step) for step in steps])
    assert found.supported == pytest.approx(max(twice(step) for step in steps))
    assert found.contradicted == 1
    assert found.estimate.effect == pytest.approx(np.mean(UP))  # the weaker step decides


def test_an_order_is_broken_by_one_step():
    steps = [UP, DOWN, np.array(UP) + 5]
    found = order([estimate_paired(step) for step in steps])
    assert found.contradicted == pytest.approx(3 * twice(DOWN, 0, "less"))
    assert found.supported > 0.9
    assert found.estimate.effect == pytest.approx(np.mean(DOWN))


def test_an_order_with_an_open_step_is_open():
    found = order([estimate_paired(UP), estimate_paired(OPEN)])
    assert min(found.supported, found.contradicted) > 0.5


def ends(*doses):
    """Return for doses, each a shift of UP's noise, the differences to nothing and the last."""
    noise = np.array(UP) - 1.05
    shifts = [dose + noise * (1 + i) for i, dose in enumerate(doses)]
    return [(estimate_paired(dose), estimate_paired(dose - shifts[-1])) for dose in shifts[:-1]]


def test_a_peak_by_hand():
    pairs = ends(0.5, 3, 1)
    found = peak(pairs)
    of_doses = [max(direction(end, 1).supported for end in pair) for pair in pairs]
    # One of two doses in between is enough: Bonferroni.
    assert found.supported == pytest.approx(2 * min(of_doses))
    assert found.supported < 0.05 < found.contradicted
    # The second dose decides, and of its ends the one that is less sure: 3 ± 2 noises to nothing.
    assert found.estimate.effect == pytest.approx(3)


@pytest.mark.parametrize("doses", [(1, 2, 3), (-3, -2, -1), (-1, -2, -3)])
def test_no_peak_where_all_doses_are_below_one_end(doses):
    pairs = ends(*doses)
    found = peak(pairs)
    of_ends = [max(direction(pair[end], -1).supported for pair in pairs) for end in (0, 1)]
    assert found.contradicted == pytest.approx(2 * min(of_ends))
    assert found.contradicted < 0.05 < found.supported


def test_a_plateau_is_no_verdict():
    noise = np.array(OPEN)
    found = peak([(estimate_paired(2 + noise / 10), estimate_paired(noise))])
    assert min(found.supported, found.contradicted) > 0.5


@pytest.mark.parametrize("mean", [0.0, 0.9, 1.0, 1.7, -3.0])
def test_equivalence_is_two_one_sided_tests(mean):
    x, margin = np.array(UP) - 1.05 + mean, 1.0
    found = equivalence(estimate_paired(x), margin)
    inside = max(twice(x, -margin), twice(x, margin, "less"))
    beyond = min(twice(x, margin), twice(x, -margin, "less"))
    assert found.supported == pytest.approx(inside)
    assert found.contradicted == pytest.approx(beyond)
    if abs(mean) in (0, 1.7, 3):
        assert (found.supported < 0.05) == (abs(mean) < margin)
        assert (found.contradicted < 0.05) == (abs(mean) > margin)


def test_no_difference_is_not_a_p_that_is_not_small():
    assert stats.ttest_1samp(OPEN, 0).pvalue > 0.5
    assert equivalence(estimate_paired(OPEN), 0.1).supported > 0.5


@pytest.mark.parametrize("without", [NOTHING, SAME, [1.0, np.nan, np.nan, np.nan]])
def test_what_is_missing_or_has_no_spread_decides_nothing(without):
    missing, sure = estimate_paired(without), estimate_paired(UP)
    for found in (
        direction(missing, 1),
        direction(missing, -1, sure),
        direction(sure, 1, missing),
        equivalence(missing, 0.5),
        order([missing]),
        peak([(missing, missing)]),
        peak([(sure, missing)]),
    ):
        assert (found.supported, found.contradicted) == (1, 1)
    assert order([sure, missing]).supported == 1
    assert order([jackknife(np.nan, [np.nan] * 3)])[1:] == (1, 1)


def compared(*doses, of=1):
    """Return for the first `of` doses the differences to none and to each of the others."""
    noise = np.array(UP) - 1.05
    shifts = [dose + noise * (1 + i) / 2 for i, dose in enumerate(doses)]
    return [
        [estimate_paired(one), *(estimate_paired(one - other) for other in shifts[of:])]
        for one in shifts[:of]
    ]


def test_the_best_dose_is_above_all_others():
    # One of two that may be the best is enough, and is weighed for both.
    within = compared(2, 5, 1, of=2)
    found = best(within)
    of_doses = [max(direction(each, 1).supported for each in differences) for differences in within]
    assert found.supported == pytest.approx(2 * min(of_doses))
    assert found.supported < 0.05 < found.contradicted


@pytest.mark.parametrize("doses", [(2, 3, 9), (-5, -6, 1)])
def test_a_dose_outside_that_is_above_all_breaks_it(doses):
    within = compared(*doses, of=2)
    found = best(within)
    outside = [
        max(direction(each, -1).supported for each in one) for one in zip(*within, strict=True)
    ]
    assert found.contradicted == pytest.approx(2 * min(outside))  # two outside: none, and the last
    assert found.contradicted < 0.05 < found.supported


def share_of(effect, reference, share=0.2):
    """Return the verdict that an effect is within a share of a reference effect."""
    e, s = np.array(effect), np.array(reference)
    return equivalence_to(*(estimate_paired(x) for x in (e, share * s - e, share * s + e, s)))


def test_equivalence_to_a_share_is_three_one_sided_tests():
    e, s = np.array(OPEN) / 10, np.array(UP) * 10
    found = share_of(e, s)
    p = [twice(0.2 * s - e), twice(0.2 * s + e), twice(s)]
    assert found.supported == pytest.approx(max(p))
    assert found.supported < 0.05 < found.contradicted
    beyond = share_of(s, s)  # the whole reference effect is no difference of a fifth of it
    assert beyond.contradicted == pytest.approx(max(twice(0.8 * s), twice(s)))
    assert beyond.contradicted < 0.05 < beyond.supported


def test_a_share_of_nothing_is_no_margin():
    for effect in (OPEN, UP):
        found = share_of(effect, OPEN)
        assert min(found.supported, found.contradicted) > 0.3


def judged(*pairs):
    return [
        Judged(estimate_paired(UP), supported, contradicted) for supported, contradicted in pairs
    ]


@pytest.mark.parametrize(
    ("parts", "all_hold", "one_is_enough"),
    [
        ([(0.01, 1.0)], (0.01, 1, 0), (0.01, 1, 0)),
        ([(0.01, 1.0), (0.03, 0.9)], (0.03, 1, 1), (0.02, 1, 0)),
        ([(0.9, 0.02), (0.01, 1.0)], (0.9, 0.04, 0), (0.02, 1, 1)),
        ([(0.9, 0.02), (0.8, 0.03)], (0.9, 0.04, 0), (1, 0.03, 1)),
        ([(1.0, 1.0), (1.0, 1.0)], (1, 1, 0), (1, 1, 0)),
    ],
)
def test_weighing_by_hand(parts, all_hold, one_is_enough):
    assert weigh(judged(*parts)) == pytest.approx(all_hold)
    assert weigh(judged(*parts), any_is_enough=True) == pytest.approx(one_is_enough)


STUDIES = 4000


@pytest.mark.parametrize(
    "judge",
    [
        lambda x: direction(estimate_paired(x[0]), 1),
        lambda x: direction(estimate_paired(x[0]), 1, estimate_paired(x[1] + 9)),
        lambda x: direction(estimate_paired(x[0]), -1, estimate_paired(x[1])),
        lambda x: order([estimate_paired(x[0]), estimate_paired(x[1] + 9)]),
        lambda x: order([estimate_paired(x[0]), estimate_paired(x[1])]),
        lambda x: peak([(estimate_paired(x[0] + 9), estimate_paired(x[1]))]),
        lambda x: equivalence(estimate_paired(x[0] + 1.5), 1.5),
        lambda x: equivalence(estimate_paired(x[0]), 1e-6),
        lambda x: best([[estimate_paired(x[0] + 9), estimate_paired(x[1])]]),
        lambda x: share_of(x[0] + 2, x[1] + 10),
        lambda x: share_of(x[0], x[1]),
    ],
)
def test_on_the_border_a_verdict_comes_up_in_5_percent_at_most(judge):
    draws = np.random.default_rng(0).normal(size=(STUDIES, 2, 4))
    verdicts = sum(min(judge(x)[1:]) <= 0.05 for x in draws)
    # Three standard errors of 4000 studies are one point.
    assert verdicts / STUDIES <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)
