"""Settings that validation chooses: which one is compared, with what, and under which name."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.helpers.planted import CELL, row, study
from weightscape.comparison.choice import KEY, find_chosen, find_standing, rename_part, settle
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of

LEVEL = {"baseline+a": 1, "baseline+b": 2, "x+a": 10, "x+b": 30, "x+c": 70, "twin+a": 1.5,
         "twin+b": 2.5, "plain": 5}  # fmt: skip
"""Value of log_norm in every layer of a setting."""


def planted(validation, shifted=None, about=None, score="accuracy", cell=CELL):
    """Return the tables of a study with these validation scores, by setting and seed."""
    seeds = len(next(iter(validation.values())))
    weights = {name: np.full((seeds, 3), float(LEVEL[name])) for name in validation}
    scores = {name: np.full((seeds, 4), value) for name, value in (shifted or {}).items()}
    more = {
        name: {
            "family": name.split("+")[0],
            "reference": "baseline",
            "stands_for": name.split("+")[0],
            "setting": name.partition("+")[2],
            "status": "ok",
            "reason": "",
            "score": score,
            **(about or {}).get(name.split("+")[0], {}),
        }
        for name in validation
    }
    runs, spectra, results = study(weights, scores, more, cell=cell)
    of = zip(runs["condition"], runs["seed"] - 1, strict=True)
    runs[f"val_{score}"] = [validation[name][seed] for name, seed in of]
    return runs, spectra, results


def chosen(runs):
    """Return the settings that are chosen, and the runs with the column that says so."""
    runs = runs.assign(chosen=find_chosen(runs.to_dict("records")))
    return list(dict.fromkeys(runs.loc[runs["chosen"], "condition"])), runs


def compared(tables):
    """Return the chosen settings and the table of comparisons."""
    names, runs = chosen(tables[0])
    effects = effects_of(Tables(runs, *tables[1:]), ["log_norm"])
    return names, comparisons_table(effects).to_pandas()


def effect(found, condition="x"):
    return row(found, condition=condition, scope="body", metric="log_norm")


def test_each_condition_is_compared_in_its_best_setting_with_its_references_own():
    validation = {"baseline+a": [0.7, 0.9], "baseline+b": [0.7, 0.7], "x+a": [0.6, 0.6],
                  "x+b": [0.5, 0.8], "x+c": [0.9, 0.3], "plain": [0.1, 0.1]}  # fmt: skip
    names, found = compared(planted(validation))
    assert names == ["baseline+a", "x+b", "plain"]
    assert set(found["condition"]) == {"x", "plain"}
    assert effect(found)["effect"] == 30 - 1
    assert (effect(found)["reference"], effect(found)["limitation"]) == (
        "baseline", "the same difference in every seed: no test",
    )  # fmt: skip
    assert effect(found, "plain")["effect"] == 5 - 1


def test_of_equals_it_is_the_first():
    # 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1 in floating point.
    tied = {"baseline+a": [0.5] * 3, "x+b": [0.1, 0.2, 0.3], "x+a": [0.3, 0.2, 0.1]}
    assert chosen(planted(tied)[0])[0] == ["baseline+a", "x+b"]


def test_a_setting_that_is_best_on_shifted_or_test_images_alone_is_not_chosen():
    validation = {"baseline+a": [0.6] * 2, "baseline+b": [0.5] * 2, "x+a": [0.51] * 2,
                  "x+b": [0.5] * 2}  # fmt: skip
    shifted = {"baseline+a": 0.1, "baseline+b": 0.9, "x+a": 0.1, "x+b": 0.9}
    names, found = compared(planted(validation, shifted))
    assert names == ["baseline+a", "x+a"]
    accuracy = row(found, condition="x", scope="scores", metric="accuracy", shift="all")
    assert accuracy["effect"] == 0


def test_the_score_is_the_one_that_the_study_names():
    validation = {"baseline+a": [0.5], "x+a": [0.4], "x+b": [0.6]}
    runs, *_ = planted(validation, score="balanced_accuracy")
    runs["val_accuracy"] = [0.9, 0.9, 0.1]
    assert chosen(runs)[0] == ["baseline+a", "x+b"]


def test_a_setting_with_a_failed_run_is_not_chosen_and_named():
    validation = {"baseline+a": [0.5] * 2, "baseline+b": [0.9] * 2, "x+a": [0.5] * 2,
                  "x+b": [0.9] * 2, "x+c": [0.6] * 2, "plain": [0.5] * 2}  # fmt: skip
    runs, *others = planted(validation)
    failed = runs["condition"].isin(["x+b", "baseline+b"]) & (runs["seed"] == 2)
    runs.loc[failed, ["status", "reason", "val_accuracy"]] = ["failed", "the loss is nan", np.nan]
    names, found = compared((runs, *others))
    assert names == ["baseline+a", "x+c", "plain"]
    assert effect(found)["effect"] == 70 - 1
    assert effect(found)["limitation"].split("; ") == [
        "x+b with seed 2 failed, so that it is not chosen",
        "baseline+b with seed 2 failed, so that it is not chosen",
        "the same difference in every seed: no test",
    ]
    assert effect(found, "plain")["limitation"].split("; ")[:1] == [
        "baseline+b with seed 2 failed, so that it is not chosen"
    ]


def test_where_none_can_be_chosen_the_condition_is_not_judged():
    validation = {"baseline+a": [0.5] * 2, "x+a": [0.5, np.nan], "x+b": [0.9] * 2,
                  "plain": [0.5] * 2}  # fmt: skip
    runs, *others = planted(validation)
    lost = (runs["condition"] == "x+b") & (runs["seed"] == 1)
    runs.loc[lost, ["status", "reason"]] = ["failed", "the loss is nan"]
    names, found = compared((runs, *others))
    assert names == ["baseline+a", "plain"]
    assert np.isnan(effect(found)["effect"])
    assert "none of its 2 settings can be chosen" in effect(found)["limitation"]
    assert "x+a has no validation score, x+b with seed 1 failed" in effect(found)["limitation"]
    assert effect(found, "plain")["effect"] == 5 - 1
    # Of a reference, what is compared with it neither.
    of_reference = {"baseline+a": [np.nan] * 2, "baseline+b": [np.nan] * 2, "x+a": [0.5] * 2}
    _, found = compared(planted(of_reference))
    assert "of its reference, baseline with seed 1 failed" in effect(found)["limitation"]


@pytest.mark.parametrize("family", ["null", "control"])
def test_twins_and_controls_have_the_setting_of_their_reference(family):
    validation = {"baseline+a": [0.5] * 2, "baseline+b": [0.6] * 2, "twin+a": [0.9] * 2,
                  "twin+b": [0.1] * 2}  # fmt: skip
    tables = planted(validation, about={"twin": {"family": family}})
    names, found = compared(tables)
    assert names == ["baseline+b", "twin+b"]
    assert effect(found, "twin")["effect"] == 2.5 - 2
    runs, *others = tables
    runs.loc[runs["condition"] == "twin+b", ["status", "reason"]] = ["failed", "it diverged"]
    names, found = compared((runs, *others))
    assert names == ["baseline+b", "twin+b"]
    assert "twin with seed 1 failed: it diverged" in effect(found, "twin")["limitation"]


def test_every_dataset_and_backbone_chooses_by_itself():
    one = {"baseline+a": [0.5], "x+a": [0.9], "x+b": [0.1]}
    other = {"baseline+a": [0.5], "x+a": [0.1], "x+b": [0.9]}
    parts = [planted(one), planted(other, cell={"dataset": "d", "backbone": "c"})]
    runs, spectra, scores = (pd.concat(part, ignore_index=True) for part in zip(*parts))  # noqa: B905
    _, runs = chosen(runs)
    effects = effects_of(Tables(runs, spectra, scores), ["log_norm"])
    assert [each.weights["finetuned", "log_norm"][0, 0, 0] for each in effects] == [9, 29]


def test_all_tables_follow_and_what_is_no_setting_stays():
    validation = {"baseline+a": [0.5], "baseline+b": [0.6], "x+a": [0.9], "x+b": [0.1],
                  "plain": [0.2]}  # fmt: skip
    runs, spectra, scores = planted(validation)
    _, runs = chosen(runs)
    spectra = pd.concat([spectra, spectra.head(1).assign(condition="init")], ignore_index=True)
    verdicts = pd.DataFrame({"claim": ["A1"]})
    settled = settle({"runs": runs, "spectra": spectra, "scores": scores, "claims": verdicts})
    assert list(settled["runs"]["condition"]) == ["baseline", "x", "plain"]
    assert settled["runs"]["chosen"].all()
    assert set(settled["spectra"]["condition"]) == {"baseline", "x", "plain", "init"}
    assert set(settled["spectra"].query("condition == 'baseline'")["log_norm"]) == {2.0}
    assert list(settled["scores"]["condition"].unique()) == ["baseline", "x", "plain"]
    assert settled["claims"] is verdicts
    for name, table in settle(settled).items():
        assert table is settled[name]
    standing = find_standing(runs)
    part = pa.Table.from_pandas(runs[[*KEY, "seed"]], preserve_index=False)
    renamed = rename_part(part, standing)["condition"].to_pylist()
    assert renamed == ["baseline+a", "baseline", "x", "x+b", "plain"]


def test_without_settings_to_choose_from_nothing_changes():
    runs, spectra, scores = planted({"baseline+a": [0.5], "x+a": [0.9], "x+b": [0.1]})
    apart = runs.assign(stands_for=runs["condition"], reference="baseline+a")
    names, apart = chosen(apart)
    assert names == ["baseline+a", "x+a", "x+b"]
    given = {"runs": apart, "spectra": spectra}
    assert all(table is given[name] for name, table in settle(given).items())
    assert find_standing(apart) == {}
    elsewhere = {"runs": runs.drop(columns="stands_for"), "scores": scores}
    assert all(table is elsewhere[name] for name, table in settle(elsewhere).items())
    assert settle({"scores": scores})["scores"] is scores
