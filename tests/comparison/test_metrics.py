"""The registry of metrics: each declared once, beside what makes it."""

import subprocess
import sys

import pytest

from weightscape.comparison.metrics import (
    _declared,
    assemble,
    check_metrics,
    find_metric,
    find_table,
    label_of,
    metrics_of,
    split_name,
)
from weightscape.config.metric import Metric
from weightscape.tables.registry import MODULES, find_schema

HEAVY = ("numpy", "pandas", "pyarrow", "torch", "matplotlib")


def test_every_column_is_declared_once():
    for table in ("spectra", "scores"):
        names = [metric.name for metric in metrics_of(table)]
        columns = find_schema(table)
        assert names == [name for name in columns.names if name in names]
        for metric in metrics_of(table):
            notes = columns.field(metric.name).metadata
            assert notes[b"description"].decode() == metric.description
            assert columns.field(metric.name).nullable == metric.nullable


def test_a_name_that_two_modules_declare_is_an_error_that_names_both():
    metric = Metric("beauty", "How beautiful it is.")
    with pytest.raises(ValueError, match="'beauty' is declared in one and in two; rename one"):
        assemble([("measurements", "one", [metric]), ("measurements", "two", [metric])])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("accuracy", "test accuracy"),
        ("shifted_accuracy", "shifted accuracy"),
        ("shifted_auroc", "shifted AUROC"),
        ("accuracy_gap", "accuracy gap"),
        ("class_accuracy_gap", "class accuracy gap"),
        ("alpha", r"$\alpha$"),
        ("ece", "ECE"),
        ("shifted_ece", "shifted ECE"),
        ("stable_rank", "stable rank"),
        ("no_metric", "no metric"),
    ],
)
def test_labels(name, label):
    assert label_of(name) == label


def test_what_is_derived_is_found_in_the_table_of_its_metric():
    assert split_name("shifted_nll") == ("nll", "shifted_")
    assert split_name("class_accuracy_gap") == ("class_accuracy_gap", "")
    assert find_table("shifted_nll") == find_table("accuracy_gap") == "scores"
    assert find_table("alpha") == "spectra"
    assert find_table("beauty") is None and find_metric("beauty") is None
    assert find_metric("shifted_nll") is None


def test_names_are_checked_against_what_is_compared(monkeypatch):
    richness = Metric("beauty", "How beautiful it is.")
    known = _declared() | assemble([("measurements", "one", [richness])])
    monkeypatch.setattr("weightscape.comparison.metrics._declared", lambda: known)
    check_metrics(["alpha", "shifted_nll", "accuracy_gap", "shifted_beauty"], "claims")
    check_metrics(["beauty"], "claims", measured=["beauty"])
    with pytest.raises(ValueError, match=r"claims\.x: 'beauty' is no metric to compare"):
        check_metrics(["beauty"], "claims.x", measured=[])
    for name in ("accuracy", "xmin", "N", "trusted"):
        with pytest.raises(ValueError, match=f"c: '{name}' is no metric to compare; there are al"):
            check_metrics([name], "c", "spectra")


def test_asking_imports_nothing_heavy():
    code = (
        "import sys; from weightscape.comparison.metrics import find_metric, check_metrics;"
        "find_metric('alpha'); check_metrics(['alpha'], 'x');"
        f"print(*(name for name in {HEAVY} if name in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_every_table_is_found_by_its_name():
    for name in MODULES:
        assert find_schema(name).metadata[b"table"].decode() == name
    with pytest.raises(ValueError, match="there is no table 'beauty'; there are runs, "):
        find_schema("beauty")
