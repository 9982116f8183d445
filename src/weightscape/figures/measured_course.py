"""How what is measured of the networks develops along the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from weightscape.figures import drawing, style
from weightscape.figures._courses import average_seeds, draw_courses
from weightscape.figures._measured import MeasuredFigure, split_panels, unit_of
from weightscape.figures.cell import add_cell
from weightscape.figures.values import average_values

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd


class MeasuredCourse(MeasuredFigure):
    """How what is measured of the networks develops along the training."""

    tables = ("runs", "measurements")

    caption = (
        "Each panel is a number that is measured again and again while the networks train, and"
        " each line follows a condition, from the first step on the left to the last on the right."
        " A line is the mean over the seeds and its band runs from the lowest seed to the highest."
        " A number that is measured layer by layer is averaged over the layers, one that is"
        " measured on shifted images over all shifts, each a mean over its severities. Grey and"
        " broad is the twin, the baseline with other draws of chance: a condition that parts from"
        " the black line no more than the grey one does has done nothing that chance does not do."
        " A condition of which a run failed has no line. The network that a run keeps may be one"
        " of an earlier step than the last."
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return mean and range over the seeds per metric, images, condition and step."""
        runs = self.select(tables["runs"])
        rows = self.choose(tables["measurements"]).dropna(subset="step")
        key = ["metric", "images", "condition", "step"]
        each = average_values(rows, ["condition", "step", "seed"])
        about = runs[["condition", "family", "dose"]].drop_duplicates("condition")
        found = average_seeds(each, key).merge(about, on="condition")
        columns = [*key[:3], "family", "dose", "step", "n_seeds", "mean", "low", "high"]
        return add_cell(found[columns].astype({"step": int, "dose": float}), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a panel per metric and images, a line of it per condition."""
        if numbers.empty:
            return drawing.draw_nothing("nothing is measured along the training")
        conditions = style.list_conditions(numbers)
        panels = [*split_panels(numbers)]
        columns = min(2, len(panels))
        with drawing.open_figure(0.9 + 1.9 * drawing.count_rows(len(panels), columns)) as figure:
            for ax, (title, rows) in zip(
                drawing.make_panels(figure, len(panels), columns), panels, strict=True
            ):
                draw_courses(ax, rows, conditions)
                ax.set_title(title)
                ax.set_ylabel(f"value{unit_of(rows['metric'].iloc[0])}")
            drawing.put_legend(figure, drawing.make_line_marks(conditions))
            drawing.name_cell(figure, numbers)
        return figure
