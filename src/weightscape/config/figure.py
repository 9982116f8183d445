"""The base of figures: numbers from the tables, and a picture of the numbers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from weightscape.config.plugins import Entry, Plugin, make_plugin

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd


class Figure(Plugin):
    """A figure; a plug-in of the folder ``figures``."""

    folder: ClassVar[str] = "figures"

    tables: ClassVar[tuple[str, ...]]
    """Names of the tables that it is drawn from."""

    caption: ClassVar[str]
    """What it shows, and how it is to be read."""

    @abstractmethod
    def numbers(self, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return what is drawn, from the tables by their names."""

    @abstractmethod
    def draw(self, numbers: pd.DataFrame) -> matplotlib.figure.Figure:
        """Return the picture of what `numbers` returns, which may be without rows."""


class FigureEntry(Entry):
    """A figure; its source is a module of weightscape.figures."""

    kind: ClassVar[type[Plugin]] = Figure

    def build(self) -> Figure:
        """Return the figure with its options."""
        return make_plugin(Figure, self.source, self.options)
