"""Of a layer's rows, one counts: nothing that is compared or drawn averages its forms."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.helpers.tables import METRICS, study
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.forms import FORM, keep_form
from weightscape.config.analysis import Comparison
from weightscape.config.figure import FigureEntry
from weightscape.figures.make import make_figure
from weightscape.report.explorer import explorer_data
from weightscape.tables import eigenvalues

PARTS = ("runs", "spectra", "scores", "influences")


def in_two_forms(tables):
    """Return tables whose convolutions have pooled rows too, of other values."""

    def doubled(rows, **changes):
        conv = rows["role"] != "classifier"
        unfolded = rows.assign(form=rows["form"].mask(conv, "unfolded"))
        pooled = rows[conv].assign(form="pooled", **changes)
        return pd.concat([pooled, unfolded]).sort_index(kind="stable", ignore_index=True)

    rows = tables["spectra"]
    other = {name: 2 * rows.loc[rows["role"] != "classifier", name] + 1 for name in METRICS}
    return {
        **tables,
        "spectra": doubled(rows, **other),
        "eigenvalues": doubled(tables["eigenvalues"]),
    }


def compared(tables, form="unfolded"):
    effects = effects_of(Tables(**{name: tables[name] for name in PARTS}), METRICS, form)
    return comparisons_table(effects).to_pandas()


@pytest.fixture(scope="module")
def tables():
    return study()


def test_the_rows_of_another_form_change_no_comparison(tables):
    both = in_two_forms(tables)
    plain = compared(tables)
    pd.testing.assert_frame_equal(compared(both), plain)
    # Without the column a layer has one form.
    without = {**tables, "spectra": tables["spectra"].drop(columns="form")}
    pd.testing.assert_frame_equal(compared(without), plain)
    other = compared(both, "pooled")
    of_conv = (plain["scope"] == "layer") & plain["metric"].isin(METRICS)
    of_conv &= plain["role"] != "classifier"
    np.testing.assert_allclose(other.loc[of_conv, "effect"], 2 * plain.loc[of_conv, "effect"])
    of_head = plain["role"] == "classifier"
    pd.testing.assert_frame_equal(other[of_head], plain[of_head])


def test_both_forms_at_once_are_refused(tables):
    # `keep_form` is not passed by: with one name for both, a run has two rows of a layer.
    both = in_two_forms(tables)
    both["spectra"] = both["spectra"].assign(form="unfolded")
    with pytest.raises(ValueError, match="is there twice"):
        compared(both)


def test_a_form_that_is_not_there_is_an_error_and_no_empty_mean(tables):
    both = in_two_forms(tables)
    both["spectra"] = both["spectra"].query("form != 'unfolded'")
    with pytest.raises(ValueError, match="in the form pooled, and unfolded is to be compared"):
        compared(both)


def test_what_has_no_spectra_stays_as_it_is(tables):
    assert keep_form({"runs": tables["runs"]}) == {"runs": tables["runs"]}
    empty = {"spectra": pd.DataFrame()}
    assert keep_form(empty) == empty


@pytest.mark.parametrize("name", ["metric_by_depth", "spectrum"])
def test_a_figure_draws_one_form(tables, tmp_path, name):
    drawn = {}
    cases = {"plain": tables, "pooled": in_two_forms(tables), "unfolded": in_two_forms(tables)}
    for form, given in cases.items():
        files = []
        for kind in ("runs", "spectra", "eigenvalues"):
            files.append(str(tmp_path / f"{kind}.parquet"))
            given[kind].to_parquet(files[-1])
        outputs = {kind: str(tmp_path / f"x.{kind}") for kind in ("png", "pdf")}
        outputs["numbers"] = str(tmp_path / "x.parquet")
        shown = "unfolded" if form == "plain" else form
        make_figure(FigureEntry(name=name), files, outputs, {}, shown)
        drawn[form] = pd.read_parquet(outputs["numbers"])
    pd.testing.assert_frame_equal(drawn["unfolded"], drawn["plain"])
    assert not drawn["pooled"].equals(drawn["plain"])


def test_the_explorer_shows_one_form(tables):
    both = in_two_forms(tables)
    rows = both["eigenvalues"]
    longer = [
        [*values, 1.0] if form == "pooled" else values
        for values, form in zip(rows["values"], rows["form"], strict=True)
    ]
    both["eigenvalues"] = rows.assign(values=longer)

    def shown(given):
        part = pa.Table.from_pandas(given["eigenvalues"], eigenvalues.SCHEMA, preserve_index=False)
        return json.dumps(explorer_data(keep_form(given), [part], METRICS))

    assert shown(both) == shown(tables)


def test_the_default_is_that_of_a_study():
    assert Comparison().form == FORM
