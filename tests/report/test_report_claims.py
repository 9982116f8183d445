"""What the report and the summary say of claims: one verdict each, and what describes it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers.reports import ReadPage, report_of
from tests.helpers.tables import compared, study
from weightscape.comparison.claims import VERDICTS
from weightscape.report.claims import NOT_TESTABLE, list_counts, read_claims
from weightscape.report.summary import summarise

SETS = ("one", "two", "three")
GIVEN = ("runs", "spectra", "scores", "influences", "eigenvalues")
FOLDER = Path("results/digits")


@pytest.fixture(scope="module")
def tables():
    return study()


@pytest.fixture(scope="module")
def several():
    """Return the tables of a study of three data sets, one without augmentation and noise."""
    parts = [study(dataset=name, seed=i) for i, name in enumerate(SETS)]
    less = ~parts[2]["runs"]["family"].isin(["augmentation", "noise"])
    parts[2]["runs"] = parts[2]["runs"][less]
    found = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in GIVEN}
    return found | compared(found)


def wholes(claims, extended, **key):
    """Return the rows of whole claims, of extensions or of the others."""
    found = claims[(claims["part"] == 0) & (claims["paper"].str.endswith("extended") == extended)]
    return found[(found[list(key)] == pd.Series(key, dtype=object)).all(axis=1)]


def section(page):
    return page.partition('<section id="claims"')[2].partition("</section>")[0]


def test_only_primary_verdicts_are_counted_and_extensions_apart(tables):
    claims = tables["claims"]
    found = read_claims(claims)
    assert found.name == "resnet10t on digits"
    for extended, verdicts in ((False, found.stated), (True, found.extensions)):
        rows = wholes(claims, extended, is_primary=True)
        assert len(rows) == len(verdicts.tested + verdicts.untested) > 0
        expected = rows["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
        assert verdicts.counts == expected.to_dict()
        assert all(claim["whole"]["is_primary"] for claim in verdicts.tested)
        assert all(claim["missing"] for claim in verdicts.untested)
    assert not any(claim["claim"].endswith("-extended") for claim in found.stated.tested)
    assert found.sets == []


def test_what_is_with_the_classifier_changes_no_count_and_has_no_verdict_on_the_page(tables):
    claims = tables["claims"].copy()
    beside = claims["scope"] == "all"
    claims.loc[beside & (claims["verdict"] != NOT_TESTABLE), "verdict"] = "contradicted"
    found, before = read_claims(claims), read_claims(tables["claims"])
    assert found.stated.counts == before.stated.counts
    assert any(claim["beside"] for claim in found.stated.tested + found.extensions.tested)
    page = report_of({**tables, "claims": claims})
    rows = re.findall(r'<tr class="twin">.*?</tr>', section(page), re.DOTALL)
    assert rows
    assert all("with classifier" in row and "badge" not in row for row in rows)
    assert summarise({**tables, "claims": claims}, FOLDER) == (summarise(tables, FOLDER))


def test_extensions_stand_under_their_own_heading_and_link_to_the_paper(tables):
    page = section(report_of(tables))
    claimed, _, extended = page.partition('<h3 id="extensions">')
    assert "A1-extended" not in claimed
    assert "A1-extended" in extended
    assert 'data-paper="arXiv:2410.14602v1"' in claimed
    assert "https://arxiv.org/abs/2410.14602v2%2C" not in page
    assert "corrected apart, and count apart" in extended
    alone = tables["claims"][~tables["claims"]["paper"].str.endswith(", extended")]
    assert 'id="extensions"' not in report_of({**tables, "claims": alone})


def test_why_a_claim_is_not_testable_is_shown(tables):
    text = ReadPage(report_of(tables)).text
    rows = wholes(tables["claims"], False, is_primary=True, verdict=NOT_TESTABLE)
    assert len(rows) > 10
    for reason in rows["reason"]:
        assert f"{reason[:1].upper()}{reason[1:]}." in text


def test_over_several_sets_there_is_one_verdict_and_each_set_describes_it(several):
    claims = several["claims"]
    found = read_claims(claims)
    assert found.name == "over 3 sets: resnet10t on one, resnet10t on two and resnet10t on three"
    rows = wholes(claims, False, is_primary=True)
    assert set(rows["dataset"]) == {"all"}
    assert sum(found.stated.counts.values()) == len(rows) == rows["claim"].nunique()
    by_claim = rows.set_index("claim")
    words = {claim["claim"]: claim["sets"] for claim in found.stated.tested}
    assert "1" in words
    for name, said in words.items():
        tested, borne_out = by_claim.loc[name, ["n_sets", "n_sets_supported"]]
        assert said.startswith(f"{borne_out} of {tested} set")
        assert said.endswith("of 3 in the study") == (tested < 3)
    assert [each.name for each in found.sets] == [f"resnet10t on {name}" for name in SETS]
    kept = found.sets[0].rows
    assert {row["dataset"] for row in kept} == {"one"}
    assert (
        len(kept)
        == (
            (claims["dataset"] == "one")
            & (claims["part"] == 0)
            & (claims["verdict"] != NOT_TESTABLE)
        ).sum()
    )


def test_the_page_of_several_sets_has_verdicts_of_all_of_them_alone(several):
    page = section(report_of(several))
    by_set = page.partition("resnet10t on one by itself")[2]
    assert by_set
    assert "badge" not in by_set
    spread = wholes(several["claims"], False, is_primary=True, claim="1")["spread"].item()
    assert f"spread of the effects {spread:.3g}" in page
    assert page.count("Over 3 sets: resnet10t on one") == 1


def test_where_one_set_cannot_test_a_claim_it_is_named(several):
    found = read_claims(several["claims"])
    extended = {claim["claim"]: claim for claim in found.extensions.tested}
    assert extended["B4-extended"]["sets"].endswith(", of 3 in the study")
    assert "three: needs" in extended["B4-extended"]["whole"]["reason"]


def test_the_summary_counts_as_the_page_does(tables):
    text = summarise(tables, FOLDER)
    found = read_claims(tables["claims"])
    assert f"claims, resnet10t on digits: {list_counts(found.stated.counts)}\n" in text
    assert f"or kinds, or a fixed k: {list_counts(found.extensions.counts)}\n" in text


def test_a_study_without_claims_says_nothing_of_them(tables):
    nothing = {**tables, "claims": tables["claims"].iloc[:0]}
    assert "claims," not in summarise(nothing, FOLDER)
    page = section(report_of(nothing))
    assert "The study tests no claims." in page
    assert "badge" not in page


def test_a_claim_on_measurements_alone_has_its_row(tables):
    claims = tables["claims"].replace({"scope": {"scores": "measurements"}})
    found = read_claims(claims)
    assert any(claim["whole"]["scope"] == "measurements" for claim in found.stated.tested)
    assert "measurements" in ReadPage(report_of({**tables, "claims": claims})).text
