"""The empirical spectral distributions of one network, a row per layer matrix, stage and form."""

import pyarrow as pa

from weightscape.tables.identifiers import FORM, LAYER, RUN
from weightscape.tables.table import define, field, text

OVERLAPS = ("overlap_left", "overlap_right")
"""Columns of the overlaps of singular vectors with the initial ones."""

SCHEMA = define(
    "eigenvalues",
    3,
    "Empirical spectral distribution of every layer matrix.",
    [
        *RUN,
        text("stage", "Which weights: init, finetuned, or delta (their difference)."),
        *LAYER,
        FORM,
        field(
            "values",
            pa.list_(pa.float64()),
            "Eigenvalues of WᵀW in ascending order, without 1/N; of several slices pooled; of a"
            " Conv2d that is not unfolded with WeightWatcher's factor 1/2.",
            unit="squared weight",
            source="WeightWatcher 0.7.7",
        ),
        *(
            field(
                name,
                pa.list_(pa.float64()),
                "|u·u′| of each of the ten leading singular vectors of this side with the initial"
                " one of the same place, in descending order of the singular values; missing where"
                " its singular value is not apart from its neighbours. Of the stage finetuned only,"
                " as rotation_* in `spectra`.",
                nullable=True,
            )
            for name in OVERLAPS
        ),
    ],
)
