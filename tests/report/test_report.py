import json
import math
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.helpers.drawing import whole_study
from tests.helpers.reports import HOSTILE, hostile_tables, report_of
from tests.helpers.tables import compared, frame, study
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.figures import style
from weightscape.report import explorer
from weightscape.report.answer import answers
from weightscape.report.browse import browsable, limitations
from weightscape.report.claims import claims_of_cells
from weightscape.report.failures import find_failures
from weightscape.report.measured import quantities
from weightscape.report.sentences import UNKNOWN
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
    return Page(report_of(hostile_tables()))


class Page(HTMLParser):
    """The text of a page, its scripts and its tags."""

    def __init__(self, html):
        super().__init__()
        self.html, self.text, self.scripts, self.tags, self.inside = html, "", [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inside = tag
            self.scripts += [""] if tag == "script" else []

    def handle_endtag(self, tag):
        self.inside = None if tag == self.inside else self.inside

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        elif self.inside is None:
            self.text += data

    def json(self, name):
        scripts = [attributes for tag, attributes in self.tags if tag == "script"]
        place = next(i for i, attributes in enumerate(scripts) if attributes.get("id") == name)
        return json.loads(self.scripts[place])


def without(tables, **dropped):
    """Return the tables of the study without some of its runs, compared anew."""
    ((column, value),) = dropped.items()
    kept = {name: tables[name] for name in ("runs", "spectra", "scores")}
    kept["runs"] = kept["runs"][kept["runs"][column] != value]
    return kept | compared(kept)


def with_likeness(tables, **by_metric):
    """Return the tables with only these likenesses to dropout: family -> (value, low, high)."""
    likeness = tables["likeness"].copy()
    likeness[["likeness", "low", "high"]] = np.nan
    likeness["limitation"] = "a reliability is below 0.5: inconclusive"
    kept = (likeness["level"] == "family") & (likeness["one"] == "dropout")
    kept &= (likeness["scope"] == "body") & (likeness["stage"] == "finetuned")
    for metric, families in by_metric.items():
        for family, values in families.items():
            row = kept & (likeness["metric"] == metric) & (likeness["other"] == family)
            likeness.loc[row, ["likeness", "low", "high"]] = values
            likeness.loc[row, "limitation"] = ""
    return {**tables, "likeness": likeness}


def only_answer(tables):
    (answer,) = answers(tables)
    return answer


ALL_FOUR = {
    "weight_decay": (-0.5, -0.8, -0.2),
    "noise": (0.2, 0.0, 0.4),
    "augmentation": (0.9, 0.7, 1.1),
    "synthetic": (0.1, -0.2, 0.4),
}


def test_a_family_that_stands_out_is_the_answer(tables):
    answer = only_answer(with_likeness(tables, entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert (
        "on entropy has a likeness to that of dropout of 0.90 (95 % interval 0.70 to 1.10)"
        in (answer.like[1])
    )
    assert answer.sure[0] == "Clear"
    assert "3 seeds" in answer.sure[1]


@pytest.mark.parametrize(
    ("changed", "words", "sure", "why"),
    [
        ({"noise": (0.8, 0.5, 1.1)}, "Augmentation, or noise", "Tentative", "Not to be told apart"),
        ({"noise": (np.nan,) * 3}, "Augmentation", "Tentative", "Too noisy to be compared: noise"),
        ({"null": (0.95, 0.8, 1.1)}, "Augmentation", "Tentative", "chance can do the same"),
        ({"augmentation": (0.9, -0.1, 1.9)}, UNKNOWN, "Not sure", "contains 0"),
        ({"augmentation": (0.9, np.nan, np.nan)}, UNKNOWN, "Not sure", "needs three"),
        (dict.fromkeys(ALL_FOUR, (-0.5, -0.8, -0.2)), "None", "Clear", "Not to be told apart"),
        (dict.fromkeys(ALL_FOUR, (-0.5, -1.5, 0.5)), UNKNOWN, "Not sure", "contains 0"),
        (dict.fromkeys(ALL_FOUR, (0.5, 0.2, 0.8)), "One of 4 families", "Tentative", "apart"),
    ],
)
def test_what_is_not_sure_is_said(tables, changed, words, sure, why):
    answer = only_answer(with_likeness(tables, entropy={**ALL_FOUR, **changed}))
    assert answer.like[0].startswith(words)
    assert answer.sure[0] == sure
    assert why in answer.sure[1]


def test_the_metric_is_chosen_by_how_many_families_it_compares_and_not_by_their_likeness(tables):
    few = {"noise": (1.0, 0.99, 1.01)}
    answer = only_answer(with_likeness(tables, alpha=few, entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert "entropy" in answer.like[1]


def test_the_effect_on_shifted_accuracy_is_that_of_the_comparisons(tables):
    answer = only_answer(with_likeness(tables, entropy=ALL_FOUR))
    effects = tables["comparisons"].query("shift == 'all' and metric == 'accuracy'")
    for condition in ("trivial_augment", "twin"):
        (row,) = effects[effects["condition"] == condition].to_dict("records")
        low, high = (signed(100 * row[end], 1) for end in ("low", "high"))
        assert (
            f"{signed(100 * row['effect'], 1)} percentage points (95 % interval {low} to {high})"
            in answer.shifted[1]
        )
    assert answer.shifted[0] == "Yes"


def test_a_family_counts_with_the_mean_of_its_conditions(tables):
    rows = {row["family"]: row for row in only_answer(tables).rows}
    both = tables["comparisons"].query(
        "shift == 'all' and metric == 'accuracy' and family == 'weight_decay'"
    )
    assert len(both) == 2
    assert rows["weight_decay"]["shifted"].value == pytest.approx(both["effect"].mean())
    assert rows["scratch"]["likeness"] == dict.fromkeys(only_answer(tables).metrics)
    assert list(rows)[-1] == "null"


def test_a_family_that_is_worse_is_called_worse(tables):
    moved = tables["scores"].copy()
    worse = (moved["condition"] == "trivial_augment") & (moved["shift"] != "none")
    moved.loc[worse, "accuracy"] -= 0.5
    answer = only_answer(with_likeness({**tables, "scores": moved}, entropy=ALL_FOUR))
    assert answer.shifted[0] == "No, worse"


def test_families_that_are_not_told_apart_are_judged_one_by_one(tables):
    both = {**ALL_FOUR, "weight_decay": (0.8, 0.5, 1.1)}
    answer = only_answer(with_likeness(tables, entropy=both))
    assert answer.like[0] == "Augmentation, or weight decay"
    assert answer.shifted[0] == "Augmentation: better"
    assert "weight decay by +0.8 percentage points" in answer.shifted[1]


def test_what_is_not_known_to_be_alike_does_not_answer_for_accuracy(tables):
    unsure = {**ALL_FOUR, "augmentation": (0.9, -0.1, 1.9)}
    assert only_answer(with_likeness(tables, entropy=unsure)).shifted[0] == UNKNOWN


def test_one_seed_answers_nothing():
    answer = only_answer(study(seeds=1))
    assert answer.like[0] == answer.shifted[0] == UNKNOWN
    assert "one seed" in answer.like[1]


def test_without_dropout_there_is_nothing_to_compare_with(tables):
    answer = only_answer(without(tables, family="dropout"))
    assert answer.like[0] == UNKNOWN
    assert "no condition of the family dropout" in answer.like[1]
    tables = hostile_tables()
    page = report_of(tables | without(tables, family="dropout"))
    assert "no condition of the family dropout" in page
    assert '<span class="quiet">other start</span>' not in page


@pytest.mark.parametrize("lost", ["dropout-0.5", "baseline"])
def test_where_a_run_of_dropout_or_of_its_reference_failed_it_says_so(tables, lost):
    runs = tables["runs"].copy()
    of_dropout = runs["family"] == "dropout" if lost != "baseline" else runs["condition"] == lost
    runs.loc[of_dropout & (runs["seed"] == 1), ["status", "reason"]] = ["failed", "it is nan"]
    given = {**tables, "runs": runs}
    answer = only_answer(given | compared(given))
    assert answer.like[0] == UNKNOWN
    assert "Runs failed" in answer.like[1]
    assert "no other family" not in answer.like[1]


def test_without_a_twin_chance_is_not_known(tables):
    answer = only_answer(with_likeness(without(tables, family="null"), entropy=ALL_FOUR))
    assert answer.like[0] == "Augmentation"
    assert "There is no twin" in answer.shifted[1]


def test_where_all_is_inconclusive_nothing_is_told(tables):
    answer = only_answer(with_likeness(tables))
    assert (answer.like[0], answer.sure[0], answer.shifted[0]) == (UNKNOWN, "Not sure", UNKNOWN)
    assert "a reliability is below 0.5" in answer.like[1]


def test_without_shifts_it_says_so(tables):
    usual = {**tables, "scores": tables["scores"][tables["scores"]["shift"] == "none"]}
    answer = only_answer(usual | compared(usual))
    assert answer.shifted == (UNKNOWN, "The study tests on no shifted images.")


def test_every_dataset_and_backbone_has_its_answer(tables):
    other = study(dataset="other", seed=1)
    both = {name: pd.concat([table, other[name]]) for name, table in tables.items()}
    assert [answer.dataset for answer in answers(both)] == ["digits", "other"]
    assert str(answers(both)[0]) == str(only_answer(tables))


def test_claims_are_counted_once_and_those_not_testable_stand_apart(tables):
    (cell,) = claims_of_cells(tables["claims"])
    names = tables["claims"][["paper", "claim"]].drop_duplicates()
    assert sum(cell["counts"].values()) == len(names) == len(cell["tested"] + cell["untested"])
    assert all(claim["missing"] for claim in cell["untested"])
    assert all(whole["parts"] for claim in cell["tested"] for whole in claim["wholes"])


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
         "block": 0, "values": [1.0, 2.0]}
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
    page = Page(report_of(given))
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
    page = Page(report_of(given))
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
    page = Page(report_of({**tables, "measurements": measurements}))
    assert "resnet10t on digits: not all could be measured;" in page.text
    assert "trace of noise-0.3, seed 1: no number" in page.text


def test_a_claim_on_measurements_alone_has_its_row(tables):
    claims = tables["claims"].replace({"scope": {"scores": "measurements"}})
    (cell,) = claims_of_cells(claims)
    assert any(claim["wholes"][0]["scope"] == "measurements" for claim in cell["tested"])
    assert "measurements" in Page(report_of({**tables, "claims": claims})).text


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
