"""Which rules an edited line makes stale: the table of the docs, and what must hold of it."""

import pytest

from tests.helpers.driving import ROOT
from tests.helpers.edits import EDITS, SCRIPTS, copied, row, stale

PAGE = ROOT / "docs/restarts.md"
COUNT = len([*SCRIPTS.glob("*.py")])


@pytest.fixture(scope="module")
def copy():
    """Return a copy of the code, to be edited."""
    with copied() as copy:
        yield copy


@pytest.fixture(scope="module")
def written():
    """Return the rows of the docs' table."""
    text = PAGE.read_text("utf-8").partition("<!-- edits -->\n")[2]
    return text.partition("<!-- /edits -->")[0].splitlines()[2:]


@pytest.mark.parametrize(
    ("place", "edit"), list(enumerate(EDITS)), ids=[edit.what for edit in EDITS]
)
def test_an_edit_makes_stale_what_the_docs_say(place, edit, copy, written):
    rules = stale(edit, copy)
    assert bool(rules) == edit.changes
    assert written[place] == row(edit, rules, COUNT)


def test_the_docs_have_no_row_more(written):
    assert len(written) == len(EDITS)


def test_the_edits_are_on_every_floor():
    folders = {edit.file.split("/")[0] for edit in EDITS if "/" in edit.file}
    assert len({edit.file for edit in EDITS}) >= 20
    assert folders >= {
        "engine", "study", "report", "figures", "comparison", "diversity", "generators", "train",
        "measurements", "network", "shifts", "augment", "data", "spectra", "layers", "scoring",
        "checkpoints", "config", "tables",
    }  # fmt: skip


def test_what_writes_values_makes_every_rule_stale_that_reaches_it(copy):
    edits = {edit.file: edit for edit in EDITS if edit.changes}
    tables = stale(edits["tables/table.py"], copy)
    assert {"finetune", "fit_spectra", "score_predictions", "plot_figure"} <= tables
    assert {"finetune", "prepare_shift", "pretrain_backbone"} <= stale(edits["seeds.py"], copy)
    assert {"prepare_dataset", "finetune", "fit_spectra"} <= stale(edits["atomic.py"], copy)
