"""What counts of a file of code, and what does not."""

import importlib

import pytest

from weightscape.engine import code
from weightscape.engine.code import DECLARATIONS, UNSEEN, code_of

BEFORE = """
import logging
from pydantic import Field
from weightscape.config.metric import Metric
from weightscape.tables import table
from weightscape.tables.table import field

log = logging.getLogger(__name__)
_PAPER = "Someone 1999"
METRIC = Metric("alpha", "A power.", source=_PAPER, better="higher", of_tail=True)
COLUMN = field("alpha", float, "A power.", unit="1", nullable=True)
SCHEMA = table.define("spectra", 3, "Of layers.", [COLUMN])

class Options:
    caption = "What it shows."
    rate: float = Field(default=0.1, gt=0, description="How fast.")

def make(x, rate: float = 0.5) -> float:
    if x < 0:
        raise ValueError(f"{x} is below 0")
    log.info("making %s", x)
    assert x != 7, "seven"
    return x * rate
"""


def differs(old, new, module="weightscape.spectra.made_up", **how):
    assert BEFORE.count(old) >= 1, old
    return code_of(BEFORE.replace(old, new), module, **how) != code_of(BEFORE, module, **how)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * rate", "x / rate"),
        ("rate: float = 0.5", "rate: float = 0.6"),
        ("default=0.1", "default=0.2"),
        ("rate: float = Field", "rate: int = Field"),
        ("gt=0", "ge=0"),
        ("x < 0", "x <= 0"),
        ("raise ValueError", "raise TypeError"),
        ("x != 7", "x != 8"),
        ('"alpha", "A power."', '"beta", "A power."'),
        ('"alpha", float', '"alpha", int'),
        ("of_tail=True", "of_tail=False"),
        ("nullable=True", "nullable=False"),
        ("3, ", "4, "),
        ("[COLUMN]", "[]"),
        ("from weightscape.tables.table import field", "from mine import field"),
    ],
)
def test_what_computes_and_what_writes_values_counts(old, new):
    assert differs(old, new)


WORDS = [
    ('"alpha", "A power."', '"alpha", "An exponent."'),
    ('float, "A power."', 'float, "An exponent."'),
    ('better="higher"', 'label="α"'),
    ('unit="1", ', ""),
    ('"Of layers."', '"Of matrices."'),
    ('description="How fast."', 'description="How slow."'),
    (', description="How fast."', ""),
    ("Someone 1999", "Someone 2001"),
    ("What it shows.", "What one sees."),
]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        *WORDS,
        ("is below 0", "is negative"),
        ("{x} is", "{-x} is"),
        ("making %s", "now %s"),
        ('    log.info("making %s", x)\n', ""),
        (', "seven"', ""),
        (") -> float", ")"),
        ("rate: float = 0.5", "rate=0.5"),
        ("def make", "# why\ndef make"),
        ("class Options:", 'class Options:\n    """Doc."""'),
    ],
)
def test_what_changes_no_value_does_not(old, new):
    assert not differs(old, new)


@pytest.mark.parametrize(("old", "new"), WORDS)
def test_words_count_where_they_are_the_product(old, new):
    assert differs(old, new, words=True)


@pytest.mark.parametrize(
    "module",
    ["checkpoints.made_up", "measurements.made_up", "network.embed", "network.predictions"],
)
def test_an_error_counts_where_its_text_is_the_reason_in_a_table(module):
    edit = ("is below 0", "is negative")
    assert differs(*edit, module=f"weightscape.{module}")
    assert not differs(*edit, words=True)


def test_a_call_of_the_same_name_is_no_declaration():
    text = "from mine import Metric\nx = Metric('a', 'b')"
    assert code_of(text) != code_of(text.replace("'b'", "'c'"))


def test_imports_for_type_checking_are_none():
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\nelse:\n    x = 1"
    assert code_of(text).imports == ("typing",)
    assert code_of(text) != code_of(text.replace("x = 1", "x = 2"))


def test_a_definition_that_is_left_out_takes_its_imports_along(monkeypatch):
    monkeypatch.setattr(code, "UNSEEN", {"weightscape.m.frame"})
    text = "import json\nimport csv\ndef frame():\n    json\ndef work():\n    csv"
    without = code.code_of(text, "weightscape.m")
    assert without.imports == ("csv",)
    assert without == code.code_of("import csv\ndef work():\n    csv", "weightscape.m")


def test_what_is_left_out_by_name_is_there():
    for name in sorted(UNSEEN):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            module, _, attribute = name.rpartition(".")
            assert hasattr(importlib.import_module(module), attribute), name


@pytest.mark.parametrize("name", DECLARATIONS)
def test_declarations_have_their_words_where_they_are_looked_for(name):
    import inspect

    module, _, attribute = name.rpartition(".")
    parameters = [
        *inspect.signature(getattr(importlib.import_module(module), attribute)).parameters
    ]
    for word, place in DECLARATIONS[name].items():
        assert word in parameters
        assert place is None or parameters.index(word) == place
