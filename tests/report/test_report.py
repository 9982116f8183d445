import json
import math

import numpy as np
import pyarrow as pa
import pytest

from tests.helpers.drawing import whole_study
from tests.helpers.reports import HOSTILE, ReadPage, hostile_tables, report_of
from tests.helpers.tables import compared, frame, study
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.figures import style
from weightscape.report import explorer
from weightscape.report.browse import browsable, limitations
from weightscape.report.failures import find_failures
from weightscape.report.measured import quantities
from weightscape.report.words import decimals, list_words, number, p_value, signed
from weightscape.scoring import table as scores
from weightscape.spectra import table as spectra
from weightscape.tables import eigenvalues, runs

METRICS = ("alpha", "log_norm")


@pytest.fixture(scope="module")
def tables():
    return study()


@pytest.fixture(scope="module")
def page():
    return ReadPage(report_of(hostile_tables()))


def test_every_limitation_is_listed_with_its_rows(tables):
    found = limitations(tables)
    for name in ("comparisons", "likeness", "trends", "relations"):
        notes = tables[name]["limitation"].str.split("; ").explode()
        expected = notes[notes != ""].value_counts().to_dict()
        assert {
            one["limitation"]: one["count"] for one in found if one["table"] == name
        } == expected
    other = next(one for one in found if one["limitation"].startswith("starts from other"))
    assert other["who"] == "scratch"


def test_browsed_tables_hold_the_numbers_of_the_tables(tables):
    shown = browsable(tables)["comparisons"]
    by_key = {column["key"]: column for column in shown["columns"]}
    kept = tables["comparisons"]
    kept = kept[kept["scope"].isin(["body", "all"]) | (kept["scope"] == "scores")]
    kept = kept[kept["severity"].isna() | (kept["shift"] == "none")]
    levels = by_key["condition"]["levels"]
    assert [levels[code] for code in by_key["condition"]["codes"]] == list(kept["condition"])
    values = np.array(by_key["effect"]["values"], float)
    assert values == pytest.approx(kept["effect"].to_numpy(), rel=1e-3, nan_ok=True)
    assert shown["filters"]["scope"] == "body"


def test_the_explorer_has_every_eigenvalue_and_every_run(tables):
    found = pa.Table.from_pandas(tables["eigenvalues"], preserve_index=False)
    data = explorer.explorer_data(tables, [found], METRICS)
    (cell,) = data["cells"]
    for row in tables["eigenvalues"].itertuples():
        name = f"init {row.backbone}" if row.condition == "init" else row.condition
        counts, fit = cell["spectra"][f"{name}\n{row.stage}\n{row.layer}"]
        assert sum(counts) == len(row.values) == fit[data["fits"].index("num_evals")]
    assert len(cell["runs"]["seed"]) == len(tables["runs"])
    layer = next(i for i, one in enumerate(cell["layers"]) if one["layer"] == "fc")
    run = tables["runs"].index[tables["runs"]["condition"] == "noise-0.3"][1]
    about = tables["runs"].loc[run]
    value = tables["spectra"].query(
        "condition == 'noise-0.3' and layer == 'fc' and stage == 'finetuned' and seed == @seed",
        local_dict={"seed": about["seed"]},
    )
    assert cell["runs"]["values"]["finetuned"][layer][1][run] == pytest.approx(
        value["log_norm"].item(), rel=1e-5
    )
    assert cell["checked"] == ["baseline", "dropout-0.9"]
    assert cell["left_out"] == ""


def large(conditions, seeds, layers):
    """Return tables of many runs of which the first has spectra."""
    cell = {"dataset": "d", "backbone": "b"}
    about = {"reference": "c0", "initial": "b", "family": "f", "factors": "{}", "score": "accuracy"}
    names = [f"c{i}" for i in range(conditions)]
    keys = [{**cell, "condition": name, "seed": k} for name in names for k in range(seeds)]
    spectrum = {"stage": "finetuned", "num_evals": 2, "norm": 3.0}
    rows = [{**keys[0], **spectrum, "layer": f"l{i}"} for i in range(layers)]
    tables = {
        "runs": frame(runs.SCHEMA, [{**key, **about} for key in keys]),
        "spectra": frame(spectra.SCHEMA, rows),
        "scores": frame(
            scores.SCHEMA, [{**keys[0], "test_set": "test", "shift": "none", "accuracy": 0.5}]
        ),
    }
    values = [
        {**cell, "condition": name, "seed": 0, "stage": "finetuned", "layer": "l0", "role": "conv",
         "block": 0, "form": "", "values": [1.0, 2.0]}
        for name in names
    ]  # fmt: skip
    return tables, pa.Table.from_pylist(values, eigenvalues.SCHEMA)


def test_a_large_study_leaves_out_what_would_not_fit():
    tables, found = large(conditions=70, seeds=1, layers=130)
    (cell,) = explorer.explorer_data(tables, [found], METRICS)["cells"]
    assert len(cell["spectra"]) == sum(one["shown"] for one in cell["conditions"]) == 60
    assert len(cell["layers"]) == 120
    assert (cell["layers"][0]["layer"], cell["layers"][-1]["layer"]) == ("l0", "l129")
    assert cell["left_out"] == (
        "Left out for size: the spectra of 10 of 70 conditions and 10 of 130 layers, evenly over"
        " the network."
    )


def test_a_study_of_a_thousand_runs_shows_them_all_and_fewer_layers():
    tables, found = large(conditions=50, seeds=20, layers=130)
    data = explorer.explorer_data(tables, [found], METRICS)
    (cell,) = data["cells"]
    assert len(cell["runs"]["seed"]) == 1000
    assert len(cell["layers"]) == 60
    assert len(json.dumps(data)) < 5e6


def test_names_stay_text(page):
    assert "<script>alert" not in page.html
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert len(scripts) == 5
    assert not [tag for tag, attributes in page.tags if "onerror" in attributes]
    for condition in ("trivial_augment", "noise-0.3", "synthetic-1.0"):
        assert HOSTILE[condition] in page.text
    conditions = page.json("explorer-data")["cells"][0]["conditions"]
    assert {HOSTILE["trivial_augment"], "\"quoted'", "a&b"} <= {one["name"] for one in conditions}
    shifts = next(
        column for column in page.json("browse-data")["comparisons"]["columns"]
        if column["key"] == "shift"
    )  # fmt: skip
    assert HOSTILE["blur"] in shifts["levels"]


def test_the_page_is_whole_and_small(page):
    assert len(page.html.encode()) < 15e6
    names = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert names == ["answer", "claims", "data", "figures", "explorer", "effects", "trends",
                     "relations", "limitations", "methods", "cite"]  # fmt: skip
    sources = [attributes.get("src", "data:") for _, attributes in page.tags]
    assert all(source.startswith("data:") for source in sources)
    links = {attributes["href"] for tag, attributes in page.tags if tag == "link"}
    assert links == {"data:,"}
    identifiers = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(identifiers) == len(set(identifiers))
    assert all(attributes.get("alt") for tag, attributes in page.tags if tag == "img")
    for words in ("Which family moves the weights most like dropout?", "lr: 0.0003", "numpy 2.0",
                  "Fine-tuning with Very Large Dropout", "How to read <it>.", "CC BY-NC-SA 4.0",
                  "10.4229/35thEUPVSEC20182018-5CV.3.15", "of resnet10t: glyphs"):  # fmt: skip
        assert words in page.text


def failed(tables):
    """Return the tables of the study with a run of the noise and one of the twin that failed."""
    runs = tables["runs"].copy()
    lost = runs["condition"].isin(["noise-0.3", "twin"]) & (runs["seed"] == 1)
    runs.loc[lost, ["status", "reason"]] = ["failed", "the loss is <infinite>"]
    return {**tables, "runs": runs} | compared({**tables, "runs": runs})


def test_failed_runs_are_named_and_what_is_not_judged_for_them(tables):
    given = failed(tables)
    (found,) = find_failures(given["runs"])
    assert found.name == "resnet10t on digits"
    assert found.runs == [
        f"{name}, seed 1: the loss is <infinite>" for name in ("twin", "noise-0.3")
    ]
    assert found.unjudged == ["twin", "noise-0.3"]
    page = ReadPage(report_of(given))
    assert "2 runs failed. Not judged for it: twin, noise-0.3." in page.text
    assert "noise-0.3, seed 1: the loss is <infinite>" in page.text
    runs = tables["runs"].assign(status="ok", reason="")
    runs.loc[(runs["condition"] == "baseline") & (runs["seed"] == 0), "status"] = "failed"
    (found,) = find_failures(runs)
    assert found.unjudged == list(runs["condition"].unique())
    assert found.runs == ["baseline, seed 0: no reason known"]
    assert find_failures(tables["runs"]) == []


def test_what_is_measured_is_shown_metric_by_metric(tables):
    given = {**tables, "measurements": whole_study()["measurements"]}
    found = {each.metric: each for each in quantities(given)}
    assert {name: each.places for name, each in found.items()} == {
        "trace": ["networks"], "rank": ["networks"], "margin": ["test images", "shifted images"],
    }  # fmt: skip
    rows = {row["condition"]: row["values"][0] for row in found["trace"].rows}
    final = given["measurements"].query("step.isna() and metric == 'trace'")
    means = final.groupby("condition")["value"].mean()
    assert rows["noise-0.3"]["mean"] == pytest.approx(means["noise-0.3"])
    known = comparisons_of(given).query("metric == 'trace' and condition == 'noise-0.3'")
    assert (
        list(rows["noise-0.3"]["effect"]) == known[["effect", "low", "high"]].to_numpy()[0].tolist()
    )
    assert rows["baseline"]["effect"] is None
    layers = {row["condition"]: row["values"][0] for row in found["rank"].rows}["twin"]
    by_layer = comparisons_of(given).query("metric == 'rank' and condition == 'twin'")
    assert layers["effect"].value == pytest.approx(by_layer["effect"].mean())
    page = ReadPage(report_of(given))
    names = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert names[names.index("measurements") - 1] == "figures"
    assert "trace: resnet10t on digits" in page.text


def comparisons_of(tables):
    effects = effects_of(Tables(tables["runs"], measurements=tables["measurements"]), ())
    return comparisons_table(effects).to_pandas()


def test_a_measurement_that_failed_says_so(tables):
    measurements = whole_study()["measurements"].copy()
    lost = (measurements["metric"] == "trace") & (measurements["condition"] == "noise-0.3")
    lost &= measurements["step"].isna() & (measurements["seed"] == 1)
    measurements.loc[lost, ["value", "status", "reason"]] = [np.nan, "failed", "no number"]
    found = quantities({**tables, "measurements": measurements})
    (trace,) = [each for each in found if each.metric == "trace"]
    (values,) = {row["condition"]: row["values"] for row in trace.rows}["noise-0.3"]
    assert math.isnan(values["effect"].value)
    assert "no number" in values["limitation"]
    lost = failed({**tables, "measurements": measurements})
    (trace,) = [each for each in quantities(lost) if each.metric == "trace"]
    (values,) = {row["condition"]: row["values"] for row in trace.rows}["twin"]
    assert values["limitation"] == "not judged: a run failed, of it or of its reference"
    page = ReadPage(report_of({**tables, "measurements": measurements}))
    assert "resnet10t on digits: not all could be measured;" in page.text
    assert "trace of noise-0.3, seed 1: no number" in page.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (number(-0.001234), "−0.00123"),
        (number(math.nan), "–"),
        (number(None), "–"),
        (signed(-0.004), "0.00"),
        (signed(1.25, 1), "+1.2"),
        (decimals(-0.001), "0.00"),
        (p_value(0.0004), "<0.001"),
        (list_words(["a", "b", "c"]), "a, b and c"),
        (list_words([str(i) for i in range(9)]), "0, 1, 2, 3, 4, 5, 6 and 2 more"),
        (list_words([]), ""),
    ],
)
def test_how_numbers_and_names_are_written(text, expected):
    assert text == expected


def test_every_family_has_a_symbol_of_its_own_in_the_explorer():
    markers = [style.marker(family) for family in (*style.FAMILIES, "another")]
    symbols = [explorer.SYMBOLS[marker] for marker in markers]
    assert len(
        {*zip(symbols, map(style.colour, (*style.FAMILIES, "another")), strict=True)}
    ) == len(markers)
