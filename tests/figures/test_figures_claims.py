"""The figure of the claims."""

import numpy as np
import pytest

from tests.helpers.drawing import CELL, lines, texts
from tests.helpers.tables import frame
from weightscape.figures.claim_forest import ClaimForest
from weightscape.tables import claims

ROW = {
    **CELL,
    "paper": "p",
    "claim": "one",
    "statement": "It is so.",
    "scope": "body",
    "part": 0,
    "metric": "log_norm",
    "effect": 1.0,
    "low": 0.5,
    "high": 2.0,
    "margin": None,
    "floor_low": -1.0,
    "floor_high": 0.5,
    "verdict": "supported",
}
NOTHING = dict.fromkeys(["effect", "low", "high", "floor_low", "floor_high"])
UNTESTED = {**NOTHING, "verdict": "not testable", "metric": ""}


def drawn(rows):
    figure = ClaimForest()
    numbers = figure.numbers({"claims": frame(claims.SCHEMA, rows)})
    return numbers, figure.draw(numbers)


def test_claims_are_drawn_in_their_own_units():
    rows = [
        ROW,
        ROW | {"part": 1, "effect": 99.0},
        ROW | {"scope": "all", "effect": 0.1, "low": -0.1, "high": 0.3, "margin": 4.0},
        ROW
        | {"paper": "q", "claim": "two", "verdict": "contradicted", "effect": -4.0, "low": -8.0},
        ROW | {"paper": "q", "claim": "two", "scope": "all", "verdict": "inconclusive"},
    ]
    numbers, picture = drawn(rows)
    assert numbers["scale"].tolist() == [2, 4, 8, 2]
    statements, forest, words, _ = picture.axes
    # A line is left free above either paper.
    assert [line.get_xydata()[0].tolist() for line in lines(forest, "one")] == [
        [0.5, 1],
        [0.025, 2],
    ]
    assert [line.get_xydata()[0].tolist() for line in lines(forest, "two")] == [[-0.5, 4], [0.5, 5]]
    marks = [line.get_marker() for line in lines(forest, "one") + lines(forest, "two")]
    fillings = {line.get_markerfacecolor() for line in lines(forest, "two")}
    assert marks == ["o", "o", "X", "o"]
    assert "white" in fillings
    intervals = [line.get_xydata().tolist() for line in forest.lines]
    assert [[0.25, 1], [1, 1]] in intervals
    assert [[-1, 2], [1, 2]] in intervals  # the margin
    floors = [(bar.get_x(), bar.get_width()) for bar in forest.patches]
    assert floors[0] == (-0.5, 0.75)
    assert [text.get_text() for text in words.texts][:4] == [
        *("supported", "1 [0.5, 2]"),
        *("supported", "0.1 [−0.1, 0.3] ±4"),
    ]
    assert [text.get_text() for text in statements.texts][:3] == ["p", "q", "one: It is so."]


def test_claims_without_numbers():
    rows = [
        ROW | NOTHING | {"verdict": "inconclusive"},
        ROW
        | {"claim": "two", "effect": 0.0, "low": None, "high": None}
        | {"floor_low": None, "floor_high": None},
    ]
    numbers, picture = drawn(rows)
    assert numbers["scale"].tolist() == [1, 1]
    forest, words = picture.axes[1:3]
    assert not forest.patches
    assert [text.get_text() for text in words.texts][1::2] == ["no estimate", "0"]
    assert np.isnan(lines(forest, "one")[0].get_xdata()).all()
    assert lines(forest, "two")[0].get_xydata().tolist() == [[0, 2]]


def test_what_is_not_testable_is_listed():
    rows = [
        ROW,
        ROW | UNTESTED | {"claim": "three"},
        ROW | UNTESTED | {"claim": "three", "scope": "all"},
        ROW | UNTESTED | {"claim": "four", "scope": "all"},
        ROW | UNTESTED | {"paper": "q", "claim": "five", "scope": "scores"},
    ]
    _, picture = drawn(rows)
    assert "Not testable here: p: three, four (all); q: five." in texts(picture)
    _, picture = drawn(rows[1:])
    assert set(texts(picture)) == {"b on d", "Not testable here: p: three, four (all); q: five."}


def test_no_claims():
    _, picture = drawn([])
    assert texts(picture) == ["no claims"]


@pytest.mark.parametrize("length", [1, 40])
def test_a_long_statement_stays_in_its_rows(length):
    _, picture = drawn([ROW | {"statement": "long words " * length}, ROW | {"claim": "two"}])
    picture.canvas.draw()
    said, below = (
        next(text for text in picture.axes[0].texts if text.get_text().startswith(name))
        for name in ("one:", "two:")
    )
    assert said.get_window_extent().y0 >= below.get_window_extent().y1 - 1
    assert said.get_window_extent().x1 < picture.axes[1].get_window_extent().x0
