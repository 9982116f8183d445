"""Figures of a study whose grids validation has settled."""

import pandas as pd

from tests.helpers.settings import with_settings
from tests.helpers.tables import study
from weightscape.config.figure import FigureEntry
from weightscape.figures.make import make_figure


def test_a_figure_shows_the_chosen_settings_under_the_names_of_their_conditions(tmp_path):
    tables = with_settings(study())
    files = []
    for name in ("runs", "spectra"):
        files.append(str(tmp_path / f"{name}.parquet"))
        tables[name].to_parquet(files[-1])
    outputs = {kind: str(tmp_path / f"x.{kind}") for kind in ("png", "pdf")}
    outputs["numbers"] = str(tmp_path / "x.parquet")
    make_figure(FigureEntry(name="metric_by_depth"), files, outputs, {})
    shown = set(pd.read_parquet(outputs["numbers"])["condition"])
    assert {"dropout-0.9", "weight_decay-1.0"} <= shown
    assert not any("+" in name for name in shown)
    # None of its settings can be chosen.
    assert "noise-0.3" not in shown
