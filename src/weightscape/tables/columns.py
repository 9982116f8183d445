"""Columns that are made of the declarations of metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from weightscape.tables.table import field

if TYPE_CHECKING:
    from weightscape.config.metric import Metric

TYPES = {"real": pa.float64(), "count": pa.int32(), "truth": pa.bool_(), "text": pa.string()}
"""The type of a column by that of its metric."""


def columns_of(metrics: Iterable[Metric]) -> list[pa.Field]:
    """Return a column for each of the metrics."""
    return [
        field(
            metric.name,
            TYPES[metric.type],
            metric.description,
            unit=metric.unit,
            source=metric.source,
            nullable=metric.nullable,
        )
        for metric in metrics
    ]
