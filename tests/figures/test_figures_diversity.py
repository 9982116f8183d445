"""Figures of diversity: scores against accuracy, and the contact sheet."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from tests.helpers.drawing import CELL, lines, small_runs, texts
from tests.helpers.tables import frame
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.paired import estimate_paired
from weightscape.figures import style
from weightscape.figures.diversity_accuracy import DiversityAccuracy
from weightscape.figures.image_samples import ImageSamples
from weightscape.scoring import table as scores
from weightscape.tables import diversity, samples

RUNS = small_runs(
    ("base", "baseline", None),
    ("twin", "null", None),
    ("noise-2", "noise", 2.0),
    ("noise-1", "noise", 1.0),
    ("dropout", "dropout", None),
)
SHIFTED = {
    "base": (0.6, 0.5),
    "twin": (0.6, 0.6),
    "noise-1": (0.7, 0.7),
    "noise-2": (0.9, 0.7),
    "dropout": (0.2, 0.2),
}
SCORES = frame(
    scores.SCHEMA,
    [
        {**CELL, "condition": name, "seed": k, "test_set": "test", "shift": shift, "accuracy": a}
        for name, values in SHIFTED.items()
        for k, value in enumerate(values)
        for shift, a in (("none", 0.9), ("blur", value), ("dark", value - 0.1))
    ],
)
COMPARISONS = comparisons_table(effects_of(Tables(RUNS, scores=SCORES), ())).to_pandas()


def row(name, score, **values):
    return {
        **CELL,
        "set": name,
        "kind": "augmented",
        "condition": name,
        "space": "pixels",
        "vendi": 99.0,
        "vendi_subsampled": score,
        "vendi_low": score - 0.5,
        "vendi_high": score + 1,
        "n_subsample": 250,
    } | values


DIVERSITY = frame(
    diversity.SCHEMA,
    [
        row("real", 3.0, kind="real", condition="base"),
        row("real", 1.5, kind="real", condition="base", space="embedding"),
        row("real", 9.0, kind="real", condition="base", **{"class": "a"}),
        row("noise-1", 4.0),
        row("noise-2", 6.0),
        row("noise-1", 1.4, space="embedding"),
        row("noise-2", np.nan, space="embedding"),
        row("test", 3.2, kind="test", condition=None),
        row("made", 2.0, kind="synthetic", condition=None),
    ],
)


def test_diversity_accuracy():
    given = {"runs": RUNS, "scores": SCORES, "diversity": DIVERSITY, "comparisons": COMPARISONS}
    figure = DiversityAccuracy()
    numbers = figure.numbers(given)
    assert set(numbers["condition"].dropna()) == {"base", "noise-1", "noise-2", "twin"}
    means = numbers[numbers["kind"] == "mean"].set_index(["space", "condition"])
    assert means[["vendi", "shifted"]].loc["pixels"].to_dict("index") == {
        "base": {"vendi": 3.0, "shifted": pytest.approx(0.5)},
        "noise-1": {"vendi": 4.0, "shifted": pytest.approx(0.65)},
        "noise-2": {"vendi": 6.0, "shifted": pytest.approx(0.75)},
    }
    assert list(means.loc["embedding"].index) == ["base", "noise-1"]  # one score is missing
    (floor,) = numbers[numbers["kind"] == "floor"].itertuples()
    known = estimate_paired(np.array([0.0, 0.1]))
    assert (floor.shifted_low, floor.shifted_high) == pytest.approx(
        (0.5 + known.low, 0.5 + known.high)
    )

    picture = figure.draw(numbers)
    pixels, embedding = picture.axes
    assert pixels.get_xlabel() == embedding.get_xlabel() == "Vendi score of 250 images"
    for ax in picture.axes:
        (band,) = ax.patches
        assert band.get_gid() == "noise floor"
    (mark,) = lines(pixels, "noise-2")
    assert mark.get_xydata().tolist() == [[6.0, pytest.approx(0.75)]]
    assert lines(embedding, "noise-2") == []
    (real,) = lines(pixels, "test images")
    assert list(real.get_xdata()) == [3.2, 3.2]
    assert lines(embedding, "test images") == []
    (bar,) = [c for c in pixels.collections if c.get_segments()[0][1][0] == 7.0]
    assert bar.get_segments()[0][0][0] == 5.5
    joined = [line.get_xydata().tolist() for line in pixels.lines if len(line.get_xdata()) == 2]
    places = [[3.0, 0.5], [4.0, 0.65], [6.0, 0.75]]
    assert [[pytest.approx(p) for p in path] for path in (places[1:], places[:2])] == joined[:2]
    assert "dropout" not in texts(picture)


def test_without_measured_conditions_it_says_so():
    figure = DiversityAccuracy()
    given = {"runs": RUNS, "scores": SCORES, "diversity": DIVERSITY, "comparisons": COMPARISONS}
    none = given | {"diversity": DIVERSITY[DIVERSITY["condition"].isna()]}
    unshifted = given | {"scores": SCORES[SCORES["shift"] == "none"]}
    for tables in (none, unshifted):
        numbers = figure.numbers(tables)
        assert numbers.empty
        (words,) = texts(figure.draw(numbers))
        assert "shifted" in words


def image(name, kind, label, place, family=None, channels=1):
    return {
        **CELL,
        "set": name,
        "kind": kind,
        "family": family,
        "class": label,
        "place": place,
        "channels": channels,
        "height": 2,
        "width": 3,
        "pixels": np.arange(6 * channels, dtype=np.uint8) + 10 * place,
    }


def test_image_samples():
    rows = [
        image("made", "synthetic", "b", 0),
        image("test", "test", "a", 0),
        *(image("noise-1", "augmented", "ab"[i % 2], i // 2, "noise") for i in range(4)),
        *(image("real", "real", "ab"[i % 2], i // 2, "baseline") for i in range(6)),
    ]
    figure = ImageSamples(columns=4)
    numbers = figure.numbers({"samples": frame(samples.SCHEMA, rows)})
    assert list(numbers["set"]) == ["real"] * 4 + ["noise-1"] * 4 + ["made"]
    # The images of a class stand beside one another, the same original below itself.
    columns = numbers.groupby(["class", "place"])["column"].unique().explode().to_dict()
    assert columns == {("a", 0): 0, ("a", 1): 1, ("b", 0): 2, ("b", 1): 3}

    picture = figure.draw(numbers)
    (ax,) = picture.axes
    assert [text.get_text() for text in ax.get_yticklabels()] == ["real", "noise-1", "made"]
    heads = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
    assert [(x, text.get_text()) for x, text in heads] == [(1.0, "a"), (3.0, "b")]
    colours = [to_hex(text.get_color()) for text in ax.get_yticklabels()]
    assert colours == [style.colour(f).lower() for f in ("baseline", "noise", "synthetic")]
    assert [text.get_text() for text in ax.texts] == ["real", "augmented", "generated"]
    shown = {tuple(picture.get_extent()): picture.get_array() for picture in ax.images}
    assert len(shown) == 9
    assert np.array_equal(shown[2, 3, 3, 2], [[0, 1, 2], [3, 4, 5]])  # made, column 2, row 2
    assert np.array_equal(shown[1, 2, 2, 1], [[10, 11, 12], [13, 14, 15]])


def test_colours_are_shown_as_colours():
    rows = [image("real", "real", "a", 0, "baseline", channels=3)]
    figure = ImageSamples()
    numbers = figure.numbers({"samples": frame(samples.SCHEMA, rows)})
    ((picture,),) = (ax.images for ax in figure.draw(numbers).axes)
    assert np.array_equal(picture.get_array(), np.moveaxis(np.arange(18).reshape(3, 2, 3), 0, 2))
