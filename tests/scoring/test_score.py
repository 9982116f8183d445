"""What a study means by accuracy, from logits to claims and words."""

import re

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import softmax
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from tests.helpers.planted import LAYERS, claim, judged, own, row, study
from tests.helpers.tables import compared
from tests.helpers.tables import study as plausible
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.quantities import find_accuracies
from weightscape.comparison.relations import relations_table
from weightscape.comparison.trends import trends_table
from weightscape.report.answer import answers
from weightscape.report.families import find_parting
from weightscape.scoring.classification import auroc, score_classification
from weightscape.scoring.score_run import score_rows
from weightscape.tables.predictions import SCHEMA as PREDICTIONS

# The scores themselves.


def forecasts(classes, kind, n=400, seed=0):
    """Return logits, better than chance, and labels of classes of unequal size."""
    rng = np.random.default_rng(seed)
    shares = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    labels = rng.choice(classes, n, p=shares)
    logits = 2 * rng.normal(size=(n, classes))
    logits[np.arange(n), labels] += 1.5
    return logits.astype(kind), labels


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_the_scores_are_scikit_learns(classes, kind):
    logits, labels = forecasts(classes, kind)
    found = score_classification(logits, labels)
    probabilities = softmax(logits.astype(float), axis=1)
    theirs = probabilities[:, 1] if classes == 2 else probabilities
    assert found["auroc"] == pytest.approx(roc_auc_score(labels, theirs, multi_class="ovr"))
    expected = balanced_accuracy_score(labels, logits.argmax(1))
    assert found["balanced_accuracy"] == pytest.approx(expected)
    assert found["accuracy"] == (logits.argmax(1) == labels).mean()


def test_ties_count_half_and_certainty_is_no_tie():
    labels = np.array([0, 0, 1, 1])
    assert auroc(np.zeros((4, 2)), labels) == 0.5
    # Probabilities of 1 − 1e-20 and 1 − 1e-40 are both 1 in floating point, and are not equal.
    certain = np.array([[0, 45.0], [0, 90.0], [0, 46.0], [0, 91.0]])
    assert auroc(certain, labels) == pytest.approx(roc_auc_score(labels, certain[:, 1])) == 0.75
    three = np.array([[0, 45.0, 1], [0, 90.0, 1], [0, 46.0, 1], [9, 2.0, 1], [0, 0, 9.0]])
    assert 0.5 < auroc(three, np.array([0, 0, 1, 1, 2])) < 1


def test_what_a_threshold_does_shows_in_one_score_alone():
    logits, labels = forecasts(2, np.float64)
    moved = logits + np.array([0, 3.0])
    before, after = score_classification(logits, labels), score_classification(moved, labels)
    assert after["auroc"] == pytest.approx(before["auroc"])
    assert after["balanced_accuracy"] < before["balanced_accuracy"] - 0.05


def test_a_class_without_images_is_a_limitation_and_no_crash():
    logits = np.array([[2.0, 1, 0], [0, 1, 0], [3, 0, 1]], np.float16)
    rows = [
        {"dataset": "d", "backbone": "b", "condition": "c", "seed": 1, "test_set": "test",
         "shift": "none", "severity": 0, "sample": i, "label": label, "logits": list(logits[i])}
        for i, label in enumerate([0, 1, 1])
    ]  # fmt: skip
    [found] = score_rows(pa.Table.from_pylist(rows, PREDICTIONS)).to_pylist()
    assert found["auroc"] is None
    assert found["balanced_accuracy"] == (1 + 0.5) / 2
    assert found["limitation"].startswith("no images of 1 of 3 classes (2): no AUROC")
    [two] = score_rows(pa.Table.from_pylist(rows[:2], PREDICTIONS)).to_pylist()
    assert two["limitation"] != ""


# What a study means.

ABOUT = {
    "dropout-0.9": {"family": "dropout", "dose": 0.9},
    "control-0.8": {"family": "control", "dose": 0.8},
    "control-0.5": {"family": "control", "dose": 0.5},
    "twin": {"family": "null"},
    "noise": {}, "augmentation": {}, "weight_decay": {},
}  # fmt: skip
UP = {"test": "direction", "of": ["dropout"], "sign": "up"}


def world(meant, seeds=5, balanced=0.1, order=0.0, control=0.0):
    """Return tables in which dropout moves balanced accuracy and AUROC so far, and no accuracy."""
    rng = np.random.default_rng(3)
    weights = {name: rng.normal(size=(seeds, len(LAYERS))) for name in ("baseline", *ABOUT)}
    runs, spectra, scores = study(weights, about=ABOUT)
    noise = {name: rng.normal(0, 0.01, (len(scores), 1))[:, 0] for name in "abc"}
    moved = (scores["condition"] == "dropout-0.9").to_numpy()
    less = scores["condition"].str.startswith("control").to_numpy()
    scores = scores.assign(
        accuracy=0.7 + noise["a"],
        balanced_accuracy=0.6 + balanced * moved + control * less + noise["b"],
        auroc=0.8 + order * moved + control * less + noise["c"],
    )
    return runs.assign(score=meant), spectra, scores


def effects(*args, **options):
    [found] = effects_of(Tables(*world(*args, **options)), ["log_norm"])
    return found


@pytest.mark.parametrize(
    ("meant", "verdict"), [("accuracy", "inconclusive"), ("balanced_accuracy", "supported")]
)
def test_a_claim_on_accuracy_is_judged_on_the_score_that_is_meant(meant, verdict):
    paper = own("1", [UP | {"metrics": ["shifted_accuracy"]}], paper="arXiv:2403.00946")
    gap = own("9", [UP | {"metrics": ["accuracy_gap"]}], paper="arXiv:2403.00946")
    table = judged(effects(meant), paper, gap)
    found = row(table, part=0, claim="1")
    assert (found["verdict"], found["score"]) == (verdict, meant)
    assert found["metric"] == f"shifted_{meant}" and f"shifted_{meant}" in found["what"]
    assert row(table, part=0, claim="9")["metric"] == f"{meant}_gap"
    note = "judged on balanced accuracy, where the paper has accuracy"
    assert found["reason"].startswith(note) == (meant != "accuracy")


def test_a_studys_own_claim_names_any_score_and_needs_no_excuse():
    found = effects("balanced_accuracy", order=-0.1)
    own_claim = claim(metrics=["shifted_auroc"], **UP)
    result = row(judged(found, own_claim), part=0)
    assert (result["verdict"], result["metric"]) == ("contradicted", "shifted_auroc")
    assert (result["score"], result["reason"]) == ("", "")
    plain = row(judged(found, claim(metrics=["shifted_accuracy"], **UP)), part=0)
    assert plain["score"] == "balanced_accuracy" and plain["reason"] == ""
    weights = row(judged(found, claim(**UP)), part=0, scope="body")
    assert weights["score"] == "" and "judged on" not in weights["reason"]


def test_figures_take_the_score_from_the_runs():
    runs, _, scores = world("auroc")
    found = find_accuracies(scores, runs)
    assert set(found["score"]) == {"auroc"}
    assert found["shifted"].to_numpy() == pytest.approx(0.8, abs=0.05)
    older = find_accuracies(scores, runs.drop(columns="score"))
    assert older["iid"].to_numpy() == pytest.approx(0.7, abs=0.05)


def test_relations_ask_about_the_score_that_is_meant_and_the_one_beside_it():
    table = relations_table([effects("balanced_accuracy")]).to_pandas()
    assert set(table["score"]) == {"balanced_accuracy", "auroc", "nll", "ece"}
    # Twins and controls choose nothing.
    assert set(table["n_conditions"]) == {4}


def test_a_control_has_no_trend():
    table = trends_table([effects("accuracy")]).to_pandas()
    assert "control" not in set(table["family"])


# Where two scores part.


def test_scores_part_where_only_the_threshold_moves():
    found = find_parting(effects("balanced_accuracy"), "balanced_accuracy", "auroc")
    assert list(found) == ["dropout"]
    assert found["dropout"].low <= 0.1 <= found["dropout"].high


@pytest.mark.parametrize("gain", [0.0, 0.1])
def test_they_do_not_where_both_move_alike(gain):
    effect = effects("balanced_accuracy", balanced=gain, order=gain, control=0.3)
    assert find_parting(effect, "balanced_accuracy", "auroc") == {}


def test_more_or_less_training_is_no_family_that_parts_them():
    runs, spectra, scores = world("balanced_accuracy", balanced=0.0)
    less = scores["condition"].isin(["control-0.8", "control-0.5", "twin"])
    scores.loc[less, "balanced_accuracy"] += 0.2
    [effect] = effects_of(Tables(runs, spectra, scores), ["log_norm"])
    assert find_parting(effect, "balanced_accuracy", "auroc") == {}


def test_families_part_by_chance_in_five_per_cent_of_studies_at_most():
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(200):
        runs, spectra, scores = world("balanced_accuracy", seeds=3, balanced=0.0)
        for name in ("balanced_accuracy", "auroc"):
            scores[name] = 0.7 + rng.normal(0, 0.03, len(scores))
        [effect] = effects_of(Tables(runs, spectra, scores), ["log_norm"])
        found += bool(find_parting(effect, "balanced_accuracy", "auroc"))
    assert found / 200 <= 0.05 + 2 * (0.05 * 0.95 / 200) ** 0.5


# The answer in words.


def answer(meant, change=lambda tables: None):
    tables = plausible()
    tables["runs"]["score"] = meant
    change(tables)
    [found] = answers(tables | compared(tables))
    return found


def test_the_answer_speaks_of_the_score_that_is_meant():
    found = answer("balanced_accuracy")
    assert found.shifted[1].startswith("Balanced accuracy on shifted images is changed")
    assert (found.score, found.beside) == ("balanced_accuracy", "auroc")
    assert "AUROC is how well shifted images are ordered" in found.scores
    rows = {each["family"]: each for each in found.rows}
    assert rows["noise"]["beside"].value == pytest.approx(rows["noise"]["shifted"].value / 2)
    plain = answer("accuracy")
    assert (plain.beside, plain.scores) == ("", "")
    assert plain.shifted[1].startswith("Accuracy on shifted images is changed")


def test_a_control_is_in_the_table_and_not_in_the_headline():
    found = answer("accuracy")
    assert [each["family"] for each in found.rows][-2:] == ["control", "null"]
    assert found.rows[-2]["is_control"]
    # As a family it would be named "control"; the caveat about all controls together may stand.
    said = " ".join((*found.like, *found.sure, *found.shifted))
    assert not re.search(r"\bcontrol\b", said, re.IGNORECASE)
