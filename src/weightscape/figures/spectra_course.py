"""How metrics of the weights develop along the training, conditions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from weightscape.figures import drawing, style
from weightscape.figures._courses import average_seeds, draw_courses
from weightscape.figures.cell import CellFigure, add_cell
from weightscape.figures.profiles import LayerMetric

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

_RUN = ["condition", "seed", "step"]


class SpectraCourse(CellFigure):
    """How metrics of the weights develop along the training, conditions side by side."""

    tables = ("runs", "spectra_along")

    caption = (
        "Each panel is a metric of the weights at some steps of the training, step 0 the initial"
        " network, and each line follows a condition. A line is the mean over the layers without"
        " the classifier and over the seeds, and its band runs from the lowest seed to the highest;"
        " layers without a value somewhere are left out of their metric everywhere, so that a line"
        " does not jump because another layer joins. Grey and broad is the twin, the baseline with"
        " other draws of chance: a condition that parts from the black line no more than the grey"
        " one does has done nothing that chance does not do. A condition of which a run failed has"
        " no line. Runs that start from other weights than their reference are left out."
    )

    metrics: tuple[LayerMetric, ...] = Field(
        default=("log_norm", "stable_rank", "alpha_hill", "log_spectrum_distance"),
        min_length=1,
        description="Columns of the table spectra_along, one panel each.",
    )

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return mean and range over the seeds per metric, condition and step."""
        runs = self.select(tables["runs"])
        runs = runs[runs["comparable_weights"]]
        rows = self.select(tables["spectra_along"])
        rows = rows[(rows["role"] != "classifier") & rows["condition"].isin(runs["condition"])]
        # What is off along a training, or of text, has no number to show.
        each = rows.melt([*_RUN, "layer"], [*self.metrics], "metric").astype({"value": float})
        each = each[~each["value"].isna().groupby([each["metric"], each["layer"]]).transform("any")]
        means = each.groupby(["metric", *_RUN], sort=False)["value"].mean().reset_index()
        about = runs[["condition", "family", "dose"]].drop_duplicates("condition")
        found = average_seeds(means, ["metric", "condition", "step"]).merge(about, on="condition")
        columns = [
            "metric",
            "condition",
            "family",
            "dose",
            "step",
            "n_seeds",
            "mean",
            "low",
            "high",
        ]
        return add_cell(found[columns].astype({"step": int, "dose": float}), runs)

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a panel per metric, a line of it per condition."""
        if numbers.empty:
            return drawing.draw_nothing("no layer has these metrics at every step of the training")
        conditions = style.list_conditions(numbers)
        metrics = [*numbers["metric"].unique()]
        columns = min(2, len(metrics))
        with drawing.open_figure(0.9 + 1.9 * drawing.count_rows(len(metrics), columns)) as figure:
            for ax, metric in zip(
                drawing.make_panels(figure, len(metrics), columns), metrics, strict=True
            ):
                draw_courses(ax, numbers[numbers["metric"] == metric], conditions)
                ax.set_title(style.label(metric))
            drawing.put_legend(figure, drawing.make_line_marks(conditions))
            drawing.name_cell(figure, numbers)
        return figure
