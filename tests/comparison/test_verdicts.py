"""How true verdicts are, in studies with planted effects and noise like that of real ones."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import verdicts
from benchmarks.unseen import POWER, SHARING, SIZE, draw_study
from benchmarks.worlds import BORDERS, NOTHING, border, study, true
from weightscape.comparison.claims import claims_table

SEEDS = (3, 5, 10)
STUDIES, OF_POWER = 60, 20
LIMIT = 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)
"""Highest rate of wrong verdicts: 5 % and three standard errors."""

CLAIMS = ("1", "B1", "B2", "B3")
"""A direction, an order of likenesses, equivalences with orders, and equivalences alone."""


def found(world, claims, seeds, studies):
    """Return for every claim its verdicts in so many studies, without the classifier."""
    rng = np.random.default_rng(seeds)
    rows = [
        row
        for _ in range(studies)
        for effects in [study(world, seeds, rng)]
        for claim in claims  # each by itself: Holm's correction only lowers the rates
        for row in claims_table([effects], [verdicts.CLAIMS[claim]]).to_pylist()
        if row["part"] == 0 and row["scope"] != "all"
    ]
    of = {claim: [row["verdict"] for row in rows if row["claim"] == claim] for claim in claims}
    assert all(len(verdicts) == studies for verdicts in of.values())
    return of


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("claim", CLAIMS)
def test_on_its_border_a_claim_has_few_verdicts(claim, seeds):
    on = found(border(claim), [claim], seeds, STUDIES)[claim]
    # With few seeds a margin may be below what could be found.
    verdicts_ = STUDIES - on.count("inconclusive") - on.count("not testable")
    assert verdicts_ / STUDIES <= LIMIT


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seeds", SEEDS)
def test_without_effects_there_are_few_verdicts_but_that_of_no_difference(seeds):
    on = found(NOTHING, ["1", "B2", "B3"], seeds, STUDIES)
    for claim in ("1", "B2"):
        told = STUDIES - on[claim].count("inconclusive") - on[claim].count("not testable")
        assert told / STUDIES <= LIMIT
    assert on["B3"].count("supported") / STUDIES >= 0.9


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize(
    ("claim", "seeds"),
    [*((claim, seeds) for claim in ("1", "B2") for seeds in SEEDS), ("B1", 10)],
)
def test_effects_of_eight_sigma_are_found(claim, seeds):
    on = found(true(8.0), [claim], seeds, OF_POWER)[claim]
    # What is left beside the amount of training is told with more noise.
    assert on.count("supported") / OF_POWER >= (0.8 if claim == "B1" else 0.9)
    assert "contradicted" not in on


def test_on_its_border_a_claim_hangs_on_one_metric():
    sharp = [name for name in BORDERS if name != "A1"]  # of what is left, less is sure
    for claim in (claim for claim in sharp if verdicts.CLAIMS[claim].combine == "all"):
        rng = np.random.default_rng(1)
        table = claims_table([study(border(claim), 10, rng)], [verdicts.CLAIMS[claim]]).to_pylist()
        table = [row for row in table if row["claim"] == claim and row["scope"] != "all"]
        parts = [row for row in table if row["part"] > 0]
        assert len({row["metric"] for row in parts if row["verdict"] != "supported"}) <= 1, claim


def profiles(effects, *names):
    """Return the mean effects of conditions on the layers but the classifier, metric by metric."""
    at = [[*effects.conditions["condition"]].index(name) for name in names]
    return np.stack([values[at, :, :-1].mean(axis=1) for values in effects.weights.values()])


@pytest.mark.parametrize("name", SIZE)
def test_in_a_world_of_size_whoever_trains_as_much_does_the_same(name):
    stops = {**SIZE[name].stops, **dict.fromkeys(SHARING, 0.6)}
    without = replace(SIZE[name], stops=stops, noise=0.0, jitter=0.0, missing={})
    effects = draw_study(without, 3, np.random.default_rng(1))
    dropout, augmentation = profiles(effects, *SHARING).swapaxes(0, 1)
    np.testing.assert_allclose(dropout, augmentation, atol=1e-12)
    assert dropout.shape[1] == SIZE[name].layers
    assert np.abs(dropout).max(axis=1).min() > 0.01
    assert profiles(effects, "twin").max() == 0


@pytest.mark.parametrize("name", POWER)
def test_in_a_world_of_power_two_conditions_share_a_pattern(name):
    world = replace(POWER[name], stops=dict.fromkeys(SHARING, 1.0))
    effects = draw_study(world, 20, np.random.default_rng(1))
    for dropout, augmentation in profiles(effects, *SHARING):
        r = np.corrcoef(dropout, augmentation)[0, 1]
        assert r * world.sign > 0.9
    shared = (np.abs(profiles(effects, SHARING[0])) > world.noise).mean()
    assert (shared < 0.4) == (world.width is not None)


def test_runs_that_a_world_lacks_are_missing():
    world = SIZE["nine layers"]
    effects = draw_study(world, 3, np.random.default_rng(1))
    there = np.isfinite(next(iter(effects.weights.values()))).all(axis=2)
    names = [*effects.conditions["condition"]]
    lacking = [(names.index(name), seed) for name, seed in world.missing.items()]
    assert np.argwhere(~there).tolist() == sorted(map(list, lacking))


def test_what_is_shared_is_named_where_it_is_and_nowhere_else():
    rng = np.random.default_rng(1)

    def judge(world, meant=""):
        found = verdicts.judge_mechanisms(draw_study(world, 5, rng), meant)
        [word] = [key.rsplit("|", 1)[1] for key in found if key.startswith(verdicts.ALIKE)]
        return word

    assert judge(POWER["no amount"], SHARING[1]) == "supported"
    assert judge(POWER["no amount"], "weight_decay") == "another"
    assert judge(POWER["opposite"]) == "contradicted"
    assert judge(replace(POWER["no amount"], pattern=0.0)) != "supported"


def test_worlds_kept_apart_have_tables_of_their_own():
    found = {
        ("unseen mere noise", 3): {"alike|body|not testable": 3, "alike|body|supported": 1},
        ("unseen-power opposite", 3): {"alike|body|contradicted": 3, "alike|body|another": 1},
    }
    nothing = {f"{claim}|body|not testable": 4 for claim in verdicts.OF_MECHANISMS}
    counters = {key: Counter({**counts, **nothing}) for key, counts in found.items()}
    size, power = verdicts.unseen_tables(counters, ["mere noise"], ["opposite"], (3,))
    assert size.rows == [
        {
            "world, kept apart": "mere noise", "compared, 3 seeds": 25, "alike, 3 seeds": 25,
            "A1, 3 seeds": 0, "A2, 3 seeds": 0, "B1, 3 seeds": 0,
        }
    ]  # fmt: skip
    assert power.rows == [
        {"world, kept apart": "opposite", "alike, 3 seeds": 0, "unlike, 3 seeds": 75}
    ]
    assert "after the rules were fixed" in size.note
    assert SIZE["mere noise"].what in size.note


def test_the_measurement_runs(tmp_path):
    false_rows, power, *of_mechanisms = verdicts.measure(tmp_path, quick=True, factor=1.0)
    assert {row["claim"] for row in false_rows.rows} == set(BORDERS)
    assert len(false_rows.rows) == len(power.rows)
    assert len(of_mechanisms) == 4
    for table in (false_rows, power, *of_mechanisms):
        for row in table.rows:
            rates = [value for value in row.values() if not isinstance(value, str)]
            assert all(rate is None or 0 <= rate <= 100 for rate in rates)
