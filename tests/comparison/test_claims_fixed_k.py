"""The papers' claims on alpha, with the alpha of the initial tail's length beside them."""

import pandas as pd
import pytest

from tests.helpers.planted import DROPOUT, every, judged, own, world
from tests.helpers.tables import METRICS, study
from weightscape.comparison.claims import claims_table
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.config.analysis import Comparison
from weightscape.config.claims import claims_at_fixed_k, claims_of_papers
from weightscape.report.claims import read_claims

FIXED = ("A1-fixed-k", "A2-fixed-k", "B1-fixed-k", "B3-fixed-k", "B5-B1-fixed-k")
WORDS = ["verdict", "p", "p_holm"]


@pytest.fixture(scope="module")
def effects():
    """Return the effects in a study whose alpha at fixed k is its alpha, but in the changes.

    The first layer alone has a short tail.
    """
    tables = study()
    spectra = tables["spectra"]
    alpha = spectra["alpha"].where(spectra["stage"] != "delta")
    length = spectra["layer"].map(lambda name: 20 if name == "conv1.0" else 60)
    spectra = spectra.assign(alpha_fixed_k=alpha, num_pl_spikes=length)
    given = Tables(tables["runs"], spectra, tables["scores"])
    return effects_of(given, [*METRICS, "alpha_fixed_k"])


@pytest.fixture(scope="module")
def table(effects):
    return claims_table(effects, (*claims_of_papers(), *claims_at_fixed_k())).to_pandas()


def primary(table):
    return table[table["is_primary"] & (table["part"] == 0)].set_index("claim")


def test_every_claim_on_alpha_stands_there_on_the_alpha_at_fixed_k_too():
    of_papers = {claim.claim: claim for claim in claims_of_papers()}
    assert tuple(claim.claim for claim in claims_at_fixed_k()) == FIXED
    for fixed in claims_at_fixed_k():
        claim = of_papers[fixed.claim.removesuffix("-fixed-k")]
        assert fixed.paper == f"{claim.paper}, at fixed k"
        assert fixed.statement.endswith(", with alpha at the initial tail's length.")
        same = claim.model_dump_json(include={"about", "combine", "from_scratch", "parts"})
        kept = fixed.model_dump_json(include={"about", "combine", "from_scratch", "parts"})
        assert kept == same.replace('"alpha"', '"alpha_fixed_k"') != same
    assert not any("alpha_fixed_k" in c.model_dump_json() for c in claims_of_papers())


def test_they_say_the_same_where_both_alphas_do_and_change_no_verdict_of_the_papers(effects, table):
    found, alone = primary(table), primary(claims_table(effects, claims_of_papers()).to_pandas())
    pd.testing.assert_frame_equal(found.loc[alone.index, WORDS], alone[WORDS])
    added = found.index.difference(alone.index)
    assert {*FIXED, "A1-fixed-k-extended"} <= {*added}
    for name in added:
        original = name.replace("-fixed-k", "")
        assert found.loc[name, "paper"].replace(", at fixed k", "") == found.loc[original, "paper"]
        columns = ["p", "effect", "reason"]
        expected = found.loc[original, columns].replace(r"\balpha\b", "alpha_fixed_k", regex=True)
        pd.testing.assert_series_equal(found.loc[name, columns], expected, check_names=False)


def test_they_are_corrected_apart():
    up = {"test": "direction", "of": ["dropout"], "sign": "up"}
    papers = ("p", "p, at fixed k", "p, extended", "p, at fixed k, extended")
    claims = [own(f"claim-{i}", [up], paper=paper) for i, paper in enumerate(papers)]
    found = primary(judged(world(every(DROPOUT, 1.0)), *claims))
    assert (found["p_holm"] == found["p"]).all()


def test_the_report_has_them_among_the_extensions(effects, table):
    found = read_claims(table)
    alone = read_claims(claims_table(effects, claims_of_papers()).to_pandas())
    assert found.stated.counts == alone.stated.counts
    for name in ("tested", "untested"):
        listed = [[claim["claim"] for claim in getattr(of.stated, name)] for of in (found, alone)]
        assert listed[0] == listed[1]
    names = {
        claim["claim"]: claim["paper"]
        for claim in (*found.extensions.tested, *found.extensions.untested)
    }
    assert {*FIXED} <= {*names}
    assert names["A1-fixed-k"] == names["A1-fixed-k-extended"] == "arXiv:2410.14602v1"


def test_they_are_tested_by_default_and_else_say_how():
    assert "alpha_fixed_k" in Comparison().spectra_metrics
    tables = study()
    given = Tables(tables["runs"], tables["spectra"], tables["scores"])
    found = primary(claims_table(effects_of(given, METRICS), claims_at_fixed_k()).to_pandas())
    assert set(found["verdict"]) == {"not testable"}
    remedy = (
        "needs alpha_fixed_k, which the study does not compare: name it under comparison.spectr"
    )
    assert found.loc["A1-fixed-k-extended", "reason"].startswith(remedy)


def test_it_is_of_the_layers_that_alpha_is_of_and_not_of_changes(effects):
    [only] = effects
    assert (only.counted["alpha_fixed_k"] == only.counted["alpha"]).all()
    assert only.counted["alpha"].sum() == len(only.layers) - 1
    assert ("delta", "alpha") in only.weights
    assert ("delta", "alpha_fixed_k") not in only.weights
    rows = comparisons_table(effects).to_pandas()
    assert set(rows.loc[rows["metric"] == "alpha_fixed_k", "stage"]) == {"finetuned"}
    assert (("finetuned", "alpha_fixed_k") in only.own) and ("finetuned", "alpha") in only.own
