"""Figures of effects: bars, quadrants, likeness."""

import numpy as np
import pytest

from tests.helpers.drawing import CELL, lines, small_runs, texts
from tests.helpers.tables import CONDITIONS, frame, study
from weightscape.figures.condition_likeness import ConditionLikeness
from weightscape.figures.effects_quadrants import EffectsQuadrants
from weightscape.figures.family_bars import FamilyBars
from weightscape.tables import comparisons, likeness


def test_family_bars():
    row = {
        **CELL,
        "condition": "x",
        "family": "dropout",
        "dose": 0.5,
        "reference": "base",
        "is_twin": False,
        "scope": "body",
        "stage": "finetuned",
        "metric": "alpha",
        "effect": 1.0,
        "low": 0.5,
        "high": 1.5,
        "n_seeds": 3,
    }
    given = {
        "comparisons": frame(
            comparisons.SCHEMA,
            [
                row,
                row | {"scope": "all", "effect": 2.0},
                row
                | {"condition": "twin", "family": "null", "is_twin": True}
                | {"effect": 0.1, "low": -0.2, "high": 0.4},
                row | {"stage": "delta", "effect": 9.0},
                row | {"scope": "layer", "layer": "fc", "effect": 9.0},
                row | {"metric": "D", "effect": 9.0},
                row | {"condition": "base", "effect": 9.0},
                row | {"condition": "gone", "effect": None},
                row | {"dataset": "other", "effect": 9.0},
            ],
        )
    }
    figure = FamilyBars(metrics=("alpha",))
    numbers = figure.numbers(given)
    assert numbers[["scope", "condition", "effect"]].to_numpy().tolist() == [
        ["body", "x", 1.0],
        ["all", "x", 2.0],
        ["body", "twin", 0.1],
    ]
    body, everything = figure.draw(numbers).axes
    band, twin, x = body.patches
    assert band.get_gid() == "noise floor"
    assert band.get_extents().transformed(body.transData.inverted()).intervalx.tolist() == (
        pytest.approx([-0.2, 0.4])
    )
    assert (twin.get_width(), x.get_width()) == (0.1, 1.0)
    assert [bar.get_width() for bar in everything.patches] == [2.0]
    assert [0.5, 1.5] in [list(line.get_xdata()) for line in body.lines]


def small_comparisons(effects):
    """Return comparisons from {(condition, family): {metric: (effect, low, high)}}."""
    about = {**CELL, "reference": "base", "scope": "body", "stage": "finetuned"}
    return frame(
        comparisons.SCHEMA,
        [
            about
            | {"condition": condition, "family": family, "metric": metric}
            | {"is_twin": family == "null"}
            | dict(zip(("effect", "low", "high"), values, strict=True))
            for (condition, family), metrics in effects.items()
            for metric, values in metrics.items()
        ],
    )


QUADRANTS = {
    ("twin", "null"): {"alpha": (0.0, -0.1, 0.2), "entropy": (0.0, -0.5, 0.5)},
    ("x", "dropout"): {"alpha": (0.4, 0.3, 0.5), "entropy": (-9.0, -10, -8)},
    ("half", "noise"): {"alpha": (0.4, 0.3, 0.5)},
}


def test_effects_quadrants():
    given = {"comparisons": small_comparisons(QUADRANTS)}
    figure = EffectsQuadrants(pairs=(("alpha", "entropy"), ("entropy", "alpha")))
    numbers = figure.numbers(given)
    assert numbers[["x_metric", "condition", "x", "y"]].to_numpy().tolist() == [
        ["alpha", "twin", 0.0, 0.0],
        ["alpha", "x", 0.4, -9.0],
        ["entropy", "twin", 0.0, 0.0],
        ["entropy", "x", -9.0, 0.4],
    ]
    one, other = figure.draw(numbers).axes
    assert [lines(ax, "x")[0].get_xydata().tolist() for ax in (one, other)] == [
        [[0.4, -9.0]],
        [[-9.0, 0.4]],
    ]
    (box,) = one.patches
    assert (box.get_x(), box.get_y()) == (-0.1, -0.5)
    assert (box.get_width(), box.get_height()) == pytest.approx((0.3, 1.0))
    drawn = [line.get_xydata().tolist() for line in one.lines]
    assert [[0.3, -9.0], [0.5, -9.0]] in drawn
    assert [[0.4, -10.0], [0.4, -8.0]] in drawn
    # Only entropy goes far beyond the noise floor.
    assert (one.get_xscale(), one.get_yscale()) == ("linear", "symlog")
    assert other.get_xscale() == "symlog"
    assert (one.get_yticks() == [-1, 0]).all()


def test_quadrants_show_the_controls_as_such():
    both = {"alpha": (0.4, 0.3, 0.5), "entropy": (-9.0, -10, -8)}
    figure = EffectsQuadrants(pairs=(("alpha", "entropy"),))
    given = small_comparisons({("x", "dropout"): both, ("less", "control"): both})
    picture = figure.draw(figure.numbers({"comparisons": given}))
    assert lines(picture.axes[0], "less")[0].get_xydata().tolist() == [[0.4, -9.0]]
    assert {"x", "less (control)"} <= set(texts(picture))


def test_quadrants_without_a_twin_or_intervals():
    one_seed = {("x", "dropout"): {"alpha": (0.4, None, None), "entropy": (-9.0, None, None)}}
    figure = EffectsQuadrants(pairs=(("alpha", "entropy"), ("alpha", "log_norm")))
    numbers = figure.numbers({"comparisons": small_comparisons(one_seed)})
    full, empty = figure.draw(numbers).axes
    assert lines(full, "x")[0].get_xydata().tolist() == [[0.4, -9.0]]
    assert not full.patches
    assert [text.get_text() for text in empty.texts] == ["not available"]


EXPLAINED = {"w": 0.25, "less": 1.0}


def likeness_rows(reliability, pairs, **values):
    """Return likeness from each one's reliability and {(one, other): (likeness, low, high)}."""
    rows = []
    for one in reliability:
        for other in reliability:
            found = pairs.get((one, other), pairs.get((other, one), (None, None, None)))
            rows.append(
                {
                    **CELL,
                    "level": "condition",
                    "one": one,
                    "other": other,
                    "scope": "body",
                    "stage": "finetuned",
                    "metric": "log_norm",
                    "reliability": reliability[one],
                    "reliability_other": reliability[other],
                    "raw_likeness": None if one == "twin" else 1.0,
                    "explained": EXPLAINED.get(one, 0.5),
                    "limitation": "nothing is left" if reliability[one] is None else "",
                    **dict(zip(("likeness", "low", "high"), found, strict=True)),
                }
                | values
            )
    return rows


def test_condition_likeness():
    rows = likeness_rows(
        {"y": 0.8, "twin": 0.6, "less": None, "x": 0.2, "w": 0.9},
        {("y", "w"): (0.7, 0.2, 1.2), ("twin", "w"): (-0.4, -1.2, 0.4)},
    )
    given = {
        "runs": small_runs(
            ("base", "baseline", None),
            ("twin", "null", None),
            ("less", "control", None),
            ("x", "dropout", 0.1),
            ("y", "dropout", 0.9),
            ("w", "weight_decay", 1.0),
        ),
        "likeness": frame(
            likeness.SCHEMA,
            [
                *rows,
                *(row | {"scope": "all", "likeness": 9.0} for row in rows),
                *(row | {"stage": "delta", "likeness": 9.0} for row in rows),
                *(row | {"metric": "alpha", "likeness": 9.0} for row in rows),
                *(row | {"level": "family", "likeness": 9.0} for row in rows),
            ],
        ),
    }
    figure = ConditionLikeness()
    numbers = figure.numbers(given)
    order = ["twin", "x", "y", "less", "w"]
    assert list(numbers["condition"].unique()) == list(numbers["other"].unique()) == order
    assert numbers.loc[numbers["condition"] == "y", "dose"].unique().tolist() == [0.9]

    picture = figure.draw(numbers)
    ax = picture.axes[0]
    shown = np.full((5, 5), np.nan)
    shown[2, 4] = shown[4, 2] = 0.7
    shown[0, 4] = shown[4, 0] = -0.4
    np.testing.assert_equal(ax.images[0].get_array().filled(np.nan), shown)
    words = {text.get_position(): text for text in ax.texts}
    # Beneath the reliability the share of the amount, where there is a profile to explain.
    diagonal = ["0.60", "0.20\n50 %", "0.80\n50 %", "100 %", "0.90\n25 %"]
    assert [words[i, i].get_text() for i in range(5)] == diagonal
    assert (words[2, 4].get_text(), words[2, 4].get_fontweight()) == ("0.70", "bold")
    assert (words[0, 4].get_text(), words[0, 4].get_fontweight()) == ("−0.40", "normal")
    assert len([patch for patch in ax.patches if patch.get_hatch()]) == 5 * 4 - 4
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert (names[0], names[3]) == ("twin (noise floor)", "less (control)")
    assert "b on d" in texts(picture)


def test_without_a_control_the_figure_of_likeness_says_what_is_missing():
    rows = likeness_rows({"x": None, "y": None}, {}, limitation="needs a control: add $one")
    given = {
        "runs": small_runs(("x", "dropout", 0.1), ("y", "noise", 0.3)),
        "likeness": frame(likeness.SCHEMA, rows),
    }
    figure = ConditionLikeness()
    said = texts(figure.draw(figure.numbers(given)))
    assert any(words.endswith(r"to show: needs a control: add \$one") for words in said)


def test_likeness_of_families():
    tables, figure = study(), ConditionLikeness(level="family")
    numbers = figure.numbers(tables)
    families = {family for family, _ in CONDITIONS.values()} - {"baseline", "scratch"}
    assert set(numbers["condition"]) == set(numbers["family"]) == set(numbers["other"]) == families
    kept = tables["likeness"].query(
        "level == 'family' and metric == 'log_norm' and scope == 'body' and stage == 'finetuned'"
    )
    found = numbers.set_index(["condition", "other"])["likeness"]
    known = kept.set_index(["one", "other"])["likeness"]
    np.testing.assert_array_equal(found.sort_index(), known.sort_index())
    names = figure.draw(numbers).axes[0].get_yticklabels()
    assert names[0].get_text() == "null (noise floor)"
