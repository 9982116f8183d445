"""The figure of the claims."""

import numpy as np
import pytest

from tests.helpers.drawing import CELL, lines, texts
from tests.helpers.tables import frame
from weightscape.figures.claim_forest import DESCRIBES, ClaimForest
from weightscape.tables import claims

ROW = {
    **CELL,
    "paper": "p",
    "claim": "one",
    "statement": "It is so.",
    "scope": "body",
    "is_primary": True,
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
BESIDE = ROW | {"scope": "all", "is_primary": False}
NOTHING = dict.fromkeys(["effect", "low", "high", "floor_low", "floor_high"])
UNTESTED = {**NOTHING, "verdict": "not testable", "metric": ""}


def drawn(rows, **options):
    figure = ClaimForest(**options)
    numbers = figure.numbers({"claims": frame(claims.SCHEMA, rows)})
    return numbers, figure.draw(numbers)


def test_claims_are_drawn_in_their_own_units():
    rows = [
        ROW,
        ROW | {"part": 1, "effect": 99.0},
        BESIDE | {"effect": 0.1, "low": -0.1, "high": 0.3, "margin": 4.0},
        ROW
        | {"paper": "q", "claim": "two", "verdict": "contradicted", "effect": -4.0, "low": -8.0},
        ROW | {"paper": "q", "claim": "three", "scope": "scores", "verdict": "inconclusive"},
    ]
    numbers, picture = drawn(rows)
    assert numbers["scale"].tolist() == [2, 4, 8, 2]
    statements, forest, words, _ = picture.axes
    # A line is left free above either paper.
    assert [line.get_xydata()[0].tolist() for line in lines(forest, "one")] == [
        [0.5, 1],
        [0.025, 2],
    ]
    (two,), (three,) = (lines(forest, name) for name in ("two", "three"))
    assert two.get_xydata().tolist() == [[-0.5, 4]]
    assert three.get_xydata().tolist() == [[0.5, 5]]
    assert (two.get_marker(), three.get_marker()) == ("X", "o")
    assert three.get_markerfacecolor() == "white"
    # What is with the classifier describes: it has the colour of no verdict.
    assert [line.get_color() for line in lines(forest, "one")] == ["#0072B2", DESCRIBES["color"]]
    intervals = [line.get_xydata().tolist() for line in forest.lines]
    assert [[0.25, 1], [1, 1]] in intervals
    assert [[-1, 2], [1, 2]] in intervals  # the margin
    floors = [(bar.get_x(), bar.get_width()) for bar in forest.patches]
    assert floors[0] == (-0.5, 0.75)
    assert [text.get_text() for text in words.texts] == [
        *("supported", "1 [0.5, 2]"),
        "0.1 [−0.1, 0.3] ±4",
        *("contradicted", "−4 [−8, 2]"),
        *("inconclusive", "1 [0.5, 2]"),
    ]
    assert [text.get_fontweight() for text in words.texts][:3] == ["bold", "normal", "normal"]
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
        ROW | UNTESTED | {"paper": "q", "claim": "five", "scope": "scores"},
        ROW | UNTESTED | {"paper": "q", "claim": "four"},
        BESIDE | {"paper": "q", "claim": "four"},
    ]
    _, picture = drawn(rows)
    assert "Not testable here: p: three; q: five, four." in texts(picture)
    assert "four" not in {line.get_label() for line in picture.axes[1].lines}
    _, picture = drawn(rows[1:4])
    assert set(texts(picture)) == {"b on d", "Not testable here: p: three; q: five."}


def test_extensions_stand_below_under_their_own_head():
    extension = {"paper": "p, extended", "claim": "one-extended", "effect": -1.0, "low": -2.0}
    rows = [ROW, ROW | extension, ROW | {"claim": "two"}, ROW | {"paper": "q", "claim": "three"}]
    numbers, picture = drawn(rows)
    assert numbers["claim"].tolist() == ["one", "two", "three", "one-extended"]
    assert numbers["is_extension"].tolist() == [False, False, False, True]
    heads = [text.get_text() for text in picture.axes[0].texts if text.get_fontweight() == "bold"]
    assert heads == ["p", "q", "p, extended to other doses or kinds"]


def test_over_several_sets_there_is_one_verdict_and_a_set_has_none():
    pooled = {"dataset": "all", "n_sets": 4, "n_sets_supported": 3}
    of_set = {"is_primary": False}
    rows = [ROW | pooled, ROW | of_set, ROW | of_set | {"dataset": "e"}]
    _, picture = drawn(rows)
    assert "supported, 3 of 4 sets" in texts(picture)
    assert "over all data sets and backbones" in texts(picture)
    _, picture = drawn(rows, dataset="d")
    assert "b on d" in texts(picture)
    assert [text.get_text() for text in picture.axes[2].texts] == ["1 [0.5, 2]"]


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
