"""What the report says of decay's part in effects on norms."""

import json

import pytest

from tests.helpers.reports import report_of
from tests.helpers.tables import study
from weightscape.report.decay import find_decay_parts

KEYS = ("condition", "metric")


@pytest.fixture(scope="module")
def tables():
    """Return a study in which a decay of 1 shrinks weights by arithmetic, and one of 5 is L2."""
    tables = study()
    runs = tables["runs"].assign(decay_log_scale=-0.001)
    of = runs["condition"]
    runs.loc[of == "weight_decay-1.0", "decay_log_scale"] = -0.006
    runs.loc[of == "weight_decay-5.0", "decay_log_scale"] = None
    runs.loc[of == "weight_decay-5.0", "factors"] = json.dumps({"weight_decay": 5.0})
    return tables | {"runs": runs}


def parts(tables):
    found = find_decay_parts(tables["runs"], tables["comparisons"])
    return {tuple(getattr(part, key) for key in KEYS): part for part in found}


def test_the_part_is_twice_the_difference_of_the_log_scales(tables):
    found = parts(tables)
    assert set(found) == {
        (f"weight_decay-{dose}", metric)
        for dose in ("1.0", "5.0")
        for metric in ("log_norm", "log_spectral_norm")
    }
    part = found["weight_decay-1.0", "log_norm"]
    assert part.arithmetic == pytest.approx(-0.01)
    assert part.left == pytest.approx(part.effect + 0.01)
    assert part.low < part.effect < part.high
    assert (part.reference, part.name) == ("baseline", "resnet10t on digits")


def test_an_l2_term_that_a_condition_sets_has_no_closed_form(tables):
    part = parts(tables)["weight_decay-5.0", "log_norm"]
    assert (part.arithmetic, part.left) == (None, None)


def test_where_no_decay_has_a_closed_form_and_all_have_the_same_there_is_nothing_to_say(tables):
    runs = tables["runs"].assign(decay_log_scale=None)
    runs["factors"] = json.dumps({"weight_decay": 5.0})
    assert parts(tables | {"runs": runs}) == {}
    assert parts(tables | {"runs": runs.drop(columns="decay_log_scale")}) == {}


def test_the_page_shows_it_beside_the_effects(tables):
    page = report_of(tables)
    assert "Of which weight decay by arithmetic" in page
    rows = page.partition("Of which weight decay by arithmetic")[2].partition("</table>")[0]
    assert "−0.01<" in rows and "no closed form" in rows
    assert "Of which weight decay by arithmetic" not in report_of(study())
