"""Every figure: whatever the tables hold, it draws what there is and explains itself."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure

from tests.helpers.drawing import FIGURES, name_of, texts, whole_study
from weightscape.config.plugins import module_of
from weightscape.figures import style
from weightscape.figures.cell import CellFigure
from weightscape.figures.family_bars import FamilyBars
from weightscape.figures.save import save_figure
from weightscape.figures.spectrum import Spectrum
from weightscape.figures.values import AVERAGED, leave_out_failed
from weightscape.tables import table


@pytest.fixture(scope="module")
def tables():
    return whole_study()


def drawn(kind, tables, **options):
    figure = kind(**options)
    numbers = figure.numbers({name: tables[name] for name in kind.tables})
    picture = figure.draw(numbers)
    assert isinstance(picture, Figure)
    with style.hold_style():
        picture.canvas.draw()
    return numbers, picture


def only(tables, conditions):
    """Return the rows of the given conditions in every table."""
    names = ["condition", "one", "other"]
    kept = {}
    for name, found in tables.items():
        rows = np.ones(len(found), bool)
        for column in names:
            if column in found:
                rows &= found[column].isin([*conditions, "init"]).to_numpy()
        kept[name] = found[rows]
    return kept


def without_values(tables):
    blank = {
        name: found.assign(
            **{
                column: np.nan
                for column in found.select_dtypes("float64").columns
                if column != "dose"
            }
        )
        for name, found in tables.items()
    }
    nothing = [[] for _ in range(len(blank["eigenvalues"]))]
    return blank | {"eigenvalues": blank["eigenvalues"].assign(values=nothing)}


def renamed(tables, names):
    """Return the tables with other words for conditions, families, datasets and the like."""
    columns = ["condition", "reference", "family", "one", "other", "dataset", "shift", "layer"]
    columns += ["statement", "claim", "paper", "set", "class", "dataset_group"]
    return {
        name: found.assign(
            **{column: found[column].replace(names) for column in columns if column in found}
        )
        for name, found in tables.items()
    }


@pytest.mark.parametrize("figure", FIGURES, ids=name_of)
@pytest.mark.parametrize(
    "kind",
    [
        *("plain", "one seed", "no values", "no rows", "no twin", "one condition", "baseline"),
        *("dropout failed", "baseline failed", "all failed"),
    ],
)
def test_every_figure_draws_what_there_is(figure, kind, tables):
    others = set(tables["runs"]["condition"]) - {"twin"}
    given = {
        "plain": lambda: tables,
        "one seed": lambda: whole_study(seeds=1),
        "no values": lambda: without_values(tables),
        "no rows": lambda: {name: found.iloc[:0] for name, found in tables.items()},
        "no twin": lambda: only(tables, others),
        "one condition": lambda: only(tables, ["baseline", "dropout-0.5"]),
        "baseline": lambda: only(tables, ["baseline"]),
        "dropout failed": lambda: leave_out_failed(failing(tables, ["dropout-0.5"])),
        "baseline failed": lambda: leave_out_failed(failing(tables, ["baseline"])),
        "all failed": lambda: leave_out_failed(failing(tables, others)),
    }[kind]()
    numbers, picture = drawn(figure, given)
    if kind in ("plain", "no twin"):
        assert len(numbers)
    if len(numbers) and kind != "all failed":
        assert set(numbers["dataset"]) == {"digits"}
        words = "resnet10t on digits" if issubclass(figure, CellFigure) else "digits"
        assert any(text.startswith(words) for text in texts(picture))


def failing(tables, conditions):
    """Return the tables with a failed run of each of these conditions, of seed 0."""
    runs = tables["runs"].copy()
    lost = runs["condition"].isin(conditions) & (runs["seed"] == runs["seed"].min())
    runs.loc[lost, ["status", "reason"]] = ["failed", "the loss is nan"]
    kept = {}
    for name, found in tables.items():
        if {"condition", "seed"} <= {*found.columns} and name != "runs":
            gone = found["condition"].isin(conditions) & (found["seed"] == runs["seed"].min())
            kept[name] = found[~gone]
    return {**tables, **kept, "runs": runs}


def test_a_condition_with_a_failed_run_is_not_shown_by_its_other_seeds(tables):
    found = leave_out_failed(failing(tables, ["dropout-0.5"]))
    assert all("dropout-0.5" not in set(found[name]["condition"]) for name in AVERAGED)
    assert all("baseline" in set(found[name]["condition"]) for name in AVERAGED)
    assert len(found["runs"]) == len(tables["runs"])
    assert leave_out_failed({"claims": tables["claims"]}).keys() == {"claims"}
    for name in ("accuracy_shift", "measured_course", "metric_by_depth"):
        (figure,) = [kind() for kind in FIGURES if name_of(kind) == name]
        assert "dropout-0.5" in set(figure.numbers(tables)["condition"])
        assert "dropout-0.5" not in set(figure.numbers(found)["condition"])


@pytest.mark.parametrize("figure", FIGURES, ids=name_of)
def test_names_are_never_read_as_math(figure, tables):
    words = {
        "dropout-0.5": "a$x^$b_",
        "dropout-0.9": "$\\frac$",
        "noise-0.3": "<b> & 'q' \"q\"",
        "digits": "$data^{$",
        "blur": "$blur$",
        "layer4.0.conv2": "$layer_$",
        "noise": "$noise^$",
        "A1": "$A_$",
        "b": "$b_$",
        "mixture": "$mix^$",
    }
    _, picture = drawn(figure, renamed(tables, words))
    math = [text for text in texts(picture) if is_math_text(text)]
    assert not [text for text in math if any(word in text for word in words.values())]
    assert any("data^{" in text for text in texts(picture))


@pytest.mark.parametrize(
    "figure", [figure for figure in FIGURES if issubclass(figure, CellFigure)], ids=name_of
)
def test_a_figure_shows_one_dataset_and_backbone(figure, tables):
    other = whole_study(dataset="faces", seed=1)
    both = {name: pd.concat([tables[name], other[name]]) for name in tables}
    for chosen, alone in (("digits", tables), ("faces", other)):
        pd.testing.assert_frame_equal(figure(dataset=chosen).numbers(both), figure().numbers(alone))


def test_unknown_names_are_refused(tables):
    for options in ({"layer": "nowhere"}, {"conditions": ["nothing"]}, {"dataset": "none"}):
        with pytest.raises(ValueError, match=r"nowhere|nothing|none"):
            Spectrum(**options).numbers(tables)


def test_a_saved_figure_has_the_same_bytes_each_time(tables, tmp_path):
    figure = FamilyBars()
    kept = []
    for place in (tmp_path / "one", tmp_path / "two"):
        numbers = figure.numbers(tables)
        paths = {kind: place / f"figure.{kind}" for kind in ("png", "pdf", "parquet")}
        save_figure(figure.draw(numbers), numbers, **paths, provenance={"study": "s"})
        kept.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert kept[0] == kept[1]
    assert b"CreationDate" not in kept[0]["pdf"]
    back = pq.read_table(paths["parquet"]).to_pandas()
    pd.testing.assert_frame_equal(back, numbers)
    assert table.provenance_of(paths["parquet"]) == {"study": "s"}


def test_the_style_knows_every_family():
    colours = [style.colour(family) for family in style.FAMILIES]
    assert len(set(colours)) == len(colours)
    assert style.colour("mixup") == style.colour("mixup") in style.OTHERS
    listed = style.list_conditions(
        pd.DataFrame(
            {
                "condition": ["mixup", "dropout-0.9", "base", "dropout-0.5"],
                "family": ["mixup", "dropout", "baseline", "dropout"],
                "dose": [np.nan, 0.9, np.nan, 0.5],
            }
        )
    )
    assert list(listed["condition"]) == ["base", "dropout-0.5", "dropout-0.9", "mixup"]
    assert listed["shade"].iloc[2] == style.colour("dropout").lower() != listed["shade"].iloc[1]


@pytest.mark.parametrize("figure", FIGURES, ids=name_of)
def test_every_figure_explains_itself(figure):
    fields = figure.model_fields.values()
    assert all(field.description and not field.is_required() for field in fields)
    assert figure.model_validate(figure().slice()) == figure()
    assert len(figure.caption) > 200


def test_options_are_checked_without_heavy_imports():
    code = (
        "import sys\n"
        + "".join(f"import {module_of(figure)}\n" for figure in FIGURES)
        + "print(*{'numpy', 'pandas', 'scipy', 'matplotlib', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_tables_have_what_the_figures_name(tables):
    for figure in FIGURES:
        assert set(figure.tables) <= tables.keys()
