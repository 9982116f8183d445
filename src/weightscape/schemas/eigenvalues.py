"""The empirical spectral distributions of one network, a row per layer matrix and stage."""

import pyarrow as pa

from weightscape.schemas.identifiers import LAYER, RUN
from weightscape.table import define, field

SCHEMA = define(
    "eigenvalues",
    1,
    "Empirical spectral distribution of every layer matrix.",
    [
        *RUN,
        field("stage", pa.string(), "Which weights: init, finetuned, or delta (their difference)."),
        *LAYER,
        field(
            "values",
            pa.list_(pa.float64()),
            "Eigenvalues of WᵀW in ascending order, without"
            " 1/N; those of a convolution's slices pooled; of a Conv2d with WeightWatcher's factor"
            " 1/2.",
            unit="squared weight",
            source="WeightWatcher 0.7.7",
        ),
    ],
)
