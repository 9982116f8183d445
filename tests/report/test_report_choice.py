"""What the report says of settings that validation has chosen."""

import pytest

from tests.helpers.reports import report_of
from tests.helpers.settings import with_settings
from tests.helpers.tables import study
from weightscape.report.choice import NO_GRID, NONE, find_choices


@pytest.fixture(scope="module")
def tables():
    return with_settings(study())


def test_a_choice_names_both_settings_their_scores_and_the_rest(tables):
    found = {choice.condition: choice for choice in find_choices(tables["runs"])}
    dropout = found["dropout-0.9"]
    assert (dropout.own.name, dropout.own.score) == ("lr-0.2", pytest.approx(0.85))
    assert dropout.reference == "baseline"
    assert (dropout.other.name, dropout.other.score) == ("lr-0.1", pytest.approx(0.91))
    rest = [(each.name, each.score, each.obstacle) for each in dropout.rest]
    assert rest == [
        ("lr-0.1", pytest.approx(0.8), ""),
        ("lr-0.3", None, "dropout-0.9+lr-0.3 with seed 1 failed"),
    ]
    assert found["noise-0.3"].own.name == NONE
    assert found["weight_decay-1.0"].own.name == NO_GRID
    assert found["weight_decay-1.0"].other == dropout.other
    assert found["twin"].follows
    assert find_choices(study()["runs"]) == []


def test_the_page_compares_chosen_settings_and_names_the_others(tables):
    page = report_of(tables)
    shown = page.partition('id="choices"')[2].partition("</details>")[0]
    for words in ("lr-0.2 (85.00)", "lr-0.1 (91.00)", "(dropout-0.9+lr-0.3 with seed 1 failed)"):
        assert words in shown
    rest = page.replace(shown, "")
    assert "dropout-0.9+lr-0.1" not in rest
    assert f"{len(tables['runs'])} networks were fine-tuned, 15 training recipes" in page
    # None of its settings can be chosen: what is said of a condition whose runs failed.
    assert "Not judged for it: noise-0.3" in page
    assert 'id="choices"' not in report_of(study())
