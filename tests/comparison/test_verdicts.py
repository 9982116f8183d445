"""How true verdicts are, in studies with planted effects and noise like that of real ones."""

import numpy as np
import pytest

from benchmarks import verdicts
from benchmarks.worlds import BORDERS, NOTHING, border, study, true
from weightscape.comparison.claims import claims_table

SEEDS = (3, 5, 10)
STUDIES, OF_POWER = 90, 30
LIMIT = 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)
"""Highest rate of wrong verdicts: 5 % and three standard errors, 12 %."""

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
        for row in claims_table([effects], [verdicts.CLAIMS[claim]], verdicts.MARGINS).to_pylist()
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
    assert "not testable" not in on
    assert 1 - on.count("inconclusive") / STUDIES <= LIMIT


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seeds", SEEDS)
def test_without_effects_there_are_few_verdicts_but_that_of_no_difference(seeds):
    on = found(NOTHING, ["1", "B2", "B3"], seeds, STUDIES)
    for claim in ("1", "B2"):
        assert 1 - on[claim].count("inconclusive") / STUDIES <= LIMIT
    assert on["B3"].count("supported") / STUDIES >= 0.9


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("claim", ["1", "B1", "B2"])
def test_effects_of_eight_sigma_are_found(claim, seeds):
    on = found(true(8.0), [claim], seeds, OF_POWER)[claim]
    assert on.count("supported") / OF_POWER >= 0.9
    assert "contradicted" not in on


def test_on_its_border_a_claim_hangs_on_one_metric():
    for claim in (claim for claim in BORDERS if verdicts.CLAIMS[claim].combine == "all"):
        rng = np.random.default_rng(1)
        table = claims_table(
            [study(border(claim), 10, rng)], [verdicts.CLAIMS[claim]], verdicts.MARGINS
        ).to_pylist()
        parts = [row for row in table if row["part"] > 0 and row["scope"] != "all"]
        assert len({row["metric"] for row in parts if row["verdict"] != "supported"}) <= 1, claim


def test_the_measurement_runs(tmp_path):
    false_rows, power = verdicts.measure(tmp_path, quick=True, factor=1.0)
    assert {row["claim"] for row in false_rows.rows} == set(BORDERS)
    assert len(false_rows.rows) == len(power.rows)
    for row in (*false_rows.rows, *power.rows):
        rates = [value for key, value in row.items() if key not in ("claim", "layers")]
        assert all(rate is None or 0 <= rate <= 100 for rate in rates)
    assert not list(tmp_path.iterdir())
