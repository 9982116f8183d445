"""The spectrum of one layer before and after training, with its fitted laws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.figures import drawing, style
from weightscape.figures.cell import CellFigure, add_cell

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

COLUMNS = [
    "condition",
    "family",
    "dose",
    "seed",
    "layer",
    "stage",
    "part",
    "x",
    "x_end",
    "density",
    "alpha",
]


POINTS = 200

PANELS = (("init", "finetuned"), ("delta",))


class Spectrum(CellFigure):
    """The spectrum of one layer before and after training, with its fitted laws."""

    tables = ("runs", "spectra", "eigenvalues")

    caption = (
        "How the eigenvalues λ of one layer's WᵀW are spread: left those of the weights, before"
        " (outline) and after fine-tuning (filled), right those of the difference between the two."
        " Both axes are logarithmic; the density is per decade of λ, as a share of all eigenvalues."
        " The dashed line is the power law of the tail with exponent α, fitted by maximum"
        " likelihood to the eigenvalues above its left end and not through the bars; in this"
        " density its slope is 1 − α. The dotted curve is the fitted Marchenko–Pastur law of the"
        " bulk, the spectrum of pure noise of this shape: eigenvalues to its right stand out from"
        " noise. Where the image has shrunk to a pixel, only the centre of a kernel sees data: the"
        " difference of the other positions, from weight decay alone, is a bulk of its own far to"
        " the left, and one law does not fit both. One seed is shown. Eigenvalues more than twelve"
        " decades below the largest are not drawn."
    )

    layer: str | None = Field(
        default=None,
        description="Layer to show; if not given, the one with the most eigenvalues, the classifier"
        " left out.",
    )
    conditions: tuple[str, ...] = Field(
        default=(), description="Conditions to show below the reference, a row of panels each."
    )
    bins: int = Field(default=40, ge=5, le=400, description="Bars per histogram.")

    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the bars and curves: `part` is histogram, power_law or marchenko_pastur.

        A bar runs from x to x_end; a point of a curve is at x. Density is per decade of λ. A
        Marchenko–Pastur curve holds for the share of the eigenvalues that are not spikes, and is
        cut where it falls below half an eigenvalue in a bar.

        Raises
        ------
        ValueError
            If the figure names a layer or condition that the tables lack.
        """
        import pandas as pd

        runs = self.select(tables["runs"])
        empty = add_cell(pd.DataFrame(columns=COLUMNS), runs)
        references = [name for name in runs["condition"].unique() if name in set(runs["reference"])]
        chosen = [
            *references[:1],
            *(name for name in self.conditions if name not in references[:1]),
        ]
        if missing := sorted(set(chosen) - set(runs["condition"])):
            raise ValueError(f"no condition {', '.join(missing)} in the runs table")
        spectra, layer = tables["spectra"], self.layer
        if layer is not None and layer not in set(spectra["layer"]):
            raise ValueError(f"no layer {layer!r} in the spectra table")
        if not chosen:
            return empty
        if layer is None:
            body = spectra[(spectra["stage"] == "finetuned") & (spectra["role"] != "classifier")]
            body = body.merge(runs[["dataset", "backbone", "condition", "seed"]])
            if body.empty:
                return empty
            layer = str(body["layer"].iloc[int(body["num_evals"].argmax())])
        both = tables["eigenvalues"].merge(
            spectra, on=["dataset", "backbone", "condition", "seed", "stage", "layer", "form"]
        )
        both = both[both["layer"] == layer]
        here = {}
        for condition in chosen:
            run = runs[runs["condition"] == condition].sort_values("seed").iloc[0]
            own = both["condition"].eq(condition) & both["backbone"].eq(run["backbone"])
            init = both["condition"].eq("init") & both["backbone"].eq(run["initial"])
            same = both["dataset"].eq(run["dataset"]) & both["seed"].eq(run["seed"])
            about = {name: run[name] for name in ("family", "dose", "seed")}
            here[condition] = both[(own | init) & same].assign(**about, condition=condition)
        rows = pd.concat(here.values())
        parts = []
        for stages in PANELS:
            of_panel = rows[rows["stage"].isin(stages)]
            edges = _edges(of_panel["values"], self.bins)
            parts += [part for _, row in of_panel.iterrows() for part in _parts(row, edges)]
        if not parts:
            return empty
        together = add_cell(pd.concat(parts, ignore_index=True)[COLUMNS], runs)
        # A condition's rows stand together, in the order in which the conditions are drawn.
        return together.sort_values(
            "condition", key=lambda names: names.map(chosen.index), kind="stable", ignore_index=True
        )

    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Draw a row of two panels per condition: the weights, and what training added to them."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        if numbers.empty:
            return drawing.draw_nothing("no eigenvalues to draw")
        names = list(numbers["condition"].unique())
        with drawing.open_figure(0.95 + 1.95 * len(names)) as figure:
            grid = figure.subplots(len(names), 2, squeeze=False, sharex="col", sharey="col")
            for row, name in zip(grid, names, strict=True):
                of_condition = numbers[numbers["condition"] == name]
                for ax, stages, words in zip(row, PANELS, ("weights", "difference"), strict=True):
                    panel = of_condition[of_condition["stage"].isin(stages)]
                    colour = style.colour(panel["family"].iloc[0]) if len(panel) else ""
                    _spectrum(ax, panel, colour)
                    ax.set_title(f"{style.plain(name)}: {words}{_alphas(panel)}")
                row[0].set_ylabel("density per decade")
            for ax in grid[-1]:
                ax.set_xlabel(r"eigenvalue $\lambda$ of $W^\mathsf{T}W$")
            drawing.name_cell(figure, numbers, f", layer {numbers['layer'].iloc[0]}")
            law: Any = {"color": style.BLACK}
            handles = [
                Line2D([], [], color=style.INITIAL, label="initial weights"),
                Patch(color="#000000", alpha=0.3, lw=0, label="fine-tuned, or difference"),
                Line2D([], [], ls="--", label="power-law tail", **law),
                Line2D([], [], ls=":", lw=1.6, label="Marchenko–Pastur bulk", **law),
            ]
            drawing.put_legend(figure, handles)
        return figure


def _edges(spectra: Iterable[ArrayLike], bins: int) -> NDArray[Any] | None:
    """Return the common edges of the bars of several spectra, as log10; None without a bar."""
    import numpy as np

    pooled = np.concatenate([np.empty(0), *(np.asarray(one, float) for one in spectra)])
    drawn = np.log10(pooled[pooled > 0])
    if not drawn.size:
        return None
    top = drawn.max()
    bottom = min(max(drawn.min(), top - style.DECADES), top - 0.1)
    # A little room, so that rounding never drops the smallest or the largest.
    return np.linspace(bottom - 1e-9, top + 1e-9, bins + 1)


def _parts(row: Any, edges: NDArray[Any] | None) -> Iterator[pd.DataFrame]:
    """Give the bars and the fitted curves of the spectrum in a row of the tables."""
    import numpy as np
    import pandas as pd

    values = np.asarray(row["values"], float)
    if edges is None or not values.size:
        return
    counts, _ = np.histogram(np.log10(values[values > 0]), edges)
    one = 1 / (values.size * np.diff(edges))
    ends = {"x": 10 ** edges[:-1], "x_end": 10 ** edges[1:]}
    bars = pd.DataFrame({"part": "histogram", **ends, "density": counts * one, "alpha": np.nan})
    about = {name: row[name] for name in ("condition", "family", "dose", "seed", "layer", "stage")}
    for part in (bars, _power_law(row, values), _bulk(row, values, one[0] / 2)):
        if part is not None:
            yield part.assign(**about)


def _power_law(row: Any, values: NDArray[Any]) -> pd.DataFrame | None:
    """Return the two ends of the fitted tail, or nothing where none was fitted."""
    import numpy as np
    import pandas as pd

    alpha, xmin, count = (float(row[name]) for name in ("alpha", "xmin", "num_pl_spikes"))
    if not (alpha > 1 and xmin > 0 and count > 0):  # also false for NaN
        return None
    x = np.array([xmin, max(float(values.max()), xmin)])
    density = count / values.size * (alpha - 1) / xmin * (x / xmin) ** -alpha * x * np.log(10)
    return pd.DataFrame(
        {"part": "power_law", "x": x, "x_end": np.nan, "density": density, "alpha": alpha}
    )


def _bulk(row: Any, values: NDArray[Any], least: float) -> pd.DataFrame | None:
    """Return the fitted bulk where it lies above `least`, or nothing where none was fitted."""
    import numpy as np
    import pandas as pd

    from weightscape.spectra.marchenko_pastur import mp_density, mp_edges

    aspect, sigma = float(row["Q"]), float(row["sigma_mp"])
    if row["stage"] == "init" or not (sigma > 0 and aspect >= 1):  # also false for NaN
        return None
    mean = float(values.mean())  # the law is fitted to eigenvalues rescaled to mean one
    low, high = mp_edges(aspect, sigma)
    rescaled = np.geomspace(max(low, high * 10.0**-style.DECADES), high, POINTS + 2)[1:-1]
    spikes = float(row["num_spikes"]) if row["num_spikes"] >= 0 else 0.0
    share = 1 - spikes / values.size
    x = rescaled * mean
    density = share * mp_density(rescaled, aspect, sigma) / mean * x * np.log(10)
    curve = pd.DataFrame(
        {"part": "marchenko_pastur", "x": x, "x_end": np.nan, "density": density, "alpha": np.nan}
    )
    kept: pd.DataFrame = curve[curve["density"] >= least]
    return kept


def _spectrum(ax: Axes, panel: pd.DataFrame, colour: str) -> None:
    import numpy as np

    bars = panel[panel["part"] == "histogram"]
    if not (bars["density"] > 0).any():
        drawing.say_unavailable(ax)
        return
    ax.set(xscale="log", yscale="log")
    floor = float(bars.loc[bars["density"] > 0, "density"].min()) / 2
    for stage, rows in bars.groupby("stage"):
        edges = np.append(rows["x"], rows["x_end"].iloc[-1])
        if stage == "init":
            ax.stairs(rows["density"], edges, baseline=floor, color=style.INITIAL, lw=1.1, zorder=3)
        else:
            ax.stairs(rows["density"], edges, baseline=floor, fill=True, color=colour, alpha=0.3)
    curves = panel[panel["part"] != "histogram"]
    for (part, source), points in curves.groupby(["part", "stage"]):
        ax.plot(
            points["x"],
            points["density"],
            color=style.INITIAL if source == "init" else style.BLACK,
            ls="--" if part == "power_law" else ":",
            lw=1.2 if part == "power_law" else 1.6,
            label=f"{part} {source}",
            zorder=5,
        )
    ax.set_ylim(floor, 2 * float(bars["density"].max()))


def _alphas(panel: pd.DataFrame) -> str:
    """Return the exponents of the panel's tails, in words for its title."""
    tails = panel[panel["part"] == "power_law"].drop_duplicates("stage").set_index("stage")["alpha"]
    found = [f"{tails[stage]:.2f}" for stages in PANELS for stage in stages if stage in tails]
    return rf", $\alpha$ = {' → '.join(found)}" if found else ""
