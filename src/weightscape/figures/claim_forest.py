"""What the runs say to every claim."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from weightscape.config.claims import BESIDE, EXTENDED_PAPER
from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell, each_row

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

VERDICTS = {
    "supported": ("#0072B2", "o"),
    "contradicted": ("#D55E00", "X"),
    "inconclusive": (style.QUIET, "o"),
}
"""Colour and marker of what is said of a claim that was tested; the last one is drawn open."""

DESCRIBES: dict[str, Any] = {"marker": "o", "ms": 3, "color": "#A3A3A3"}
"""How an estimate looks that is no verdict."""

EDGES = ["effect", "low", "high", "margin", "floor_low", "floor_high"]

COLUMNS = ["paper", "is_extension", "claim", "statement", "scope", "is_primary", "metric", *EDGES]
COLUMNS += ["verdict", "n_sets", "n_sets_supported", "reason"]

OTHERS = " to other doses or kinds"
"""What is said of the paper of an extension."""

ROW = 0.32
"""Inches for a tested row: three lines of a statement."""


class ClaimForest(CellFigure):
    """What the runs say to every claim."""

    tables = ("claims",)

    caption = (
        "Each claim that was tested has one verdict, in bold: over all data sets and backbones, on"
        " the weights without the classifier (body), on scores or measurements; of several sets it"
        " says how many bear the claim out by themselves. Grey rows describe it and are no verdict:"
        " with the classifier (all), and all rows of a single one of several sets. Extensions of"
        " claims, to doses or kinds that the papers do not speak of or to alpha at a fixed k, stand"
        " below under their own heads. The mark is the estimate of the part that decides, on the"
        " metric beside it, with its 95 % interval over the seeds (of scores over seeds and test"
        " images); the brackets are the margin within which a difference counts as none, where the"
        " claim is that there is none; the grey band is the noise floor, the twin in the place of"
        " the condition. Units differ from row to row, so each row is scaled to its largest number,"
        " and the numbers stand at the right: compare a row's marks with each other, not with"
        " another row's. The verdict is that on the claim as a whole, all its parts and the number"
        " of claims tested taken into account; an interval that leaves out 0 is not enough for one."
        " The table `claims` has every part, and why a claim is not testable."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the claims as a whole; `scale` is what a row is divided by in the picture."""
        frame = self.select(tables["claims"])
        whole = frame[frame["part"] == 0]
        extended = whole["paper"].str.endswith(BESIDE)
        papers = list(dict.fromkeys([*whole.loc[~extended, "paper"], *whole["paper"]]))
        whole = whole.assign(is_extension=extended).sort_values(
            "paper", key=lambda column: column.map(papers.index), kind="stable", ignore_index=True
        )
        scale = whole[EDGES].astype(float).abs().max(axis=1)
        return add_cell(whole[COLUMNS].assign(scale=scale.where(scale > 0, 1.0)), frame)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a row per tested claim and scope, and list the claims that were not tested."""
        from matplotlib.lines import Line2D

        if numbers.empty:
            return drawing.draw_nothing("no claims")
        tested, untested = _part_tested(numbers)
        if tested.empty:
            figure = drawing.draw_nothing("\n".join(wrap(untested, 100)))
            _name_sets(figure, numbers)
            return figure
        lines = wrap(untested, 130)
        places = _places(tested)
        length = places["y"].max() + 1
        with drawing.open_figure(ROW * length + 0.13 * len(lines) + 0.75) as figure:
            grid = figure.add_gridspec(
                2,
                3,
                width_ratios=[3.6, 1.5, 2.3],
                height_ratios=[ROW * length, 0.13 * len(lines) + 0.05],
                wspace=0,
            )
            statements, forest, words = (figure.add_subplot(grid[0, i]) for i in range(3))
            for ax in (statements, forest, words):
                ax.set(xlim=(0, 1), ylim=(length - 0.5, -0.5))
                ax.set_axis_off()
                for y in places.drop_duplicates(["paper", "claim"])["y"]:
                    ax.axhline(y - 0.5, color="#E4E4E4", lw=0.5, zorder=0)
            _statements(statements, places)
            _forest(forest, places)
            _words(words, places)
            below = figure.add_subplot(grid[1, :])
            below.set_axis_off()
            below.text(0, 1, "\n".join(lines), va="top", fontsize=style.FONT - 1.5, color=style.INK)
            handles: list[Artist] = [
                *(Line2D([], [], ls="", label=verdict, **_mark(verdict)) for verdict in VERDICTS),
                Line2D([], [], ls="", label="no verdict", **DESCRIBES),
                Line2D([], [], ls="", marker="|", ms=8, color=style.BLACK, label="margin"),
                drawing.make_floor_mark(),
            ]
            drawing.put_legend(figure, handles)
            _name_sets(figure, numbers)
        return figure


def _name_sets(figure: matplotlib.figure.Figure, numbers: pd.DataFrame) -> None:
    """Write above the picture over what the claims are judged."""
    if _is_pooled(numbers.iloc[0]):
        drawing.say_above(figure, "over all data sets and backbones")
    else:
        drawing.name_cell(figure, numbers)


def _places(tested: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with their place y, a line left free above every paper."""
    paper = tested["paper"].ne(tested["paper"].shift()).cumsum()
    return tested.reset_index(drop=True).assign(y=lambda rows: rows.index + paper.to_numpy())


def _part_tested(numbers: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the rows of the claims that were tested, and a sentence that lists the others.

    What is with the classifier describes what is without it, and is not there without that.
    """
    is_tested = numbers["verdict"].isin(list(VERDICTS))
    leads = is_tested & (numbers["scope"] != "all")
    keys = [numbers["paper"], numbers["claim"]]
    of_tested = leads.groupby(keys).transform("any")
    names: dict[str, list[str]] = {}
    others = numbers.loc[~of_tested, ["paper", "claim"]].drop_duplicates()
    for paper, claim in others.itertuples(index=False, name=None):
        names.setdefault(paper, []).append(claim)
    listed = "; ".join(f"{paper}: {', '.join(claims)}" for paper, claims in names.items())
    said = style.plain(f"Not testable here: {listed}.") if names else ""
    return numbers[is_tested & of_tested], said


def _statements(ax: Axes, places: pd.DataFrame) -> None:
    small: Any = {"fontsize": style.FONT - 1.5, "linespacing": 1.05}
    for paper, rows in places.groupby("paper", sort=False):
        words = style.plain(f"{paper}{OTHERS if str(paper).endswith(EXTENDED_PAPER) else ''}")
        drawn = ax.text(0, rows["y"].min() - 0.85, words, fontweight="bold", va="center")
        # It may reach into the next column, and would else push that aside.
        drawn.set_in_layout(False)
    for _, rows in places.groupby(["paper", "claim"], sort=False):
        first = rows.iloc[0]
        said = f"{first['claim']}: {first['statement']}"
        lines = wrap(said, 46, max_lines=max(3, 3 * len(rows) - 1), placeholder=" …")
        ax.text(0, first["y"] - 0.42, style.plain("\n".join(lines)), va="top", **small)
    for row in each_row(places):
        scope = f"{row.scope}: " if row.scope in ("body", "all") else ""
        words = f"{scope}{style.label(row.metric)}"
        ax.text(1, row.y, words, ha="right", va="center", **small)


def _forest(ax: Axes, places: pd.DataFrame) -> None:
    ax.set_xlim(-1.1, 1.1)
    ax.plot([0, 0], [-0.5, places["y"].max() + 0.5], color=style.INK, lw=0.6, zorder=1)
    for row in each_row(places):
        low, high, effect, margin, floor_low, floor_high = (
            value / row.scale
            for value in (row.low, row.high, row.effect, row.margin, row.floor_low, row.floor_high)
        )
        if floor_low <= floor_high:  # false for NaN
            # Not `set(color=…)` afterwards: that gives the band an edge, which widens it.
            look: Any = {"color": style.FLOOR, "zorder": 0, "gid": "noise floor"}
            ax.barh(row.y, floor_high - floor_low, height=0.7, left=floor_low, **look)
        ax.plot(
            [-margin, margin], [row.y] * 2, ls="", marker="|", ms=10, color=style.BLACK, mew=0.9
        )
        ax.plot([low, high], [row.y] * 2, color=_colour(row), lw=1.3, zorder=3)
        ax.plot(effect, row.y, zorder=4, label=row.claim, **_look(row))


def _mark(verdict: str) -> dict[str, Any]:
    colour, marker = VERDICTS[verdict]
    filling = "white" if verdict == "inconclusive" else colour
    return {"marker": marker, "ms": 4.5, "color": colour, "mfc": filling}


def _look(row: Any) -> dict[str, Any]:
    return _mark(row.verdict) if row.is_primary else DESCRIBES


def _colour(row: Any) -> str:
    return VERDICTS[row.verdict][0] if row.is_primary else style.QUIET


def _is_pooled(row: Any) -> bool:
    """Return whether the row is over several data sets or backbones."""
    from weightscape.comparison.arrays import ALL

    return ALL in (row.dataset, row.backbone)


def _words(ax: Axes, places: pd.DataFrame) -> None:
    import math

    for row in each_row(places):
        small: Any = {"fontsize": style.FONT - 1.5, "color": _colour(row)}
        text = "no estimate"
        if math.isfinite(row.effect):
            text = _number(row.effect)
        if math.isfinite(row.low):
            text += f" [{_number(row.low)}, {_number(row.high)}]"
        if math.isfinite(row.margin):
            text += f" ±{_number(row.margin)}"
        if not row.is_primary:
            ax.text(0.03, row.y, text, va="center", **small)
            continue
        sets = f", {row.n_sets_supported} of {row.n_sets} sets" if _is_pooled(row) else ""
        said = f"{row.verdict}{sets}"
        ax.text(0.03, row.y - 0.04, said, va="bottom", **small, fontweight="bold")
        ax.text(0.03, row.y + 0.04, text, va="top", **small)


def _number(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
