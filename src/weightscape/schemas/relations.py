"""Whether effects on weights go with effects on scores."""

import pyarrow as pa

from weightscape.schemas.identifiers import CELL, LIMITATION, real
from weightscape.table import define, field

SCHEMA = define(
    "relations",
    1,
    "Correlation, over the conditions, of effects on a metric of the weights with effects on a"
    " score.",
    [
        *CELL,
        field("scope", pa.string(), "Layers: body (without classifier) or all."),
        field("stage", pa.string(), "finetuned or delta."),
        field("metric", pa.string(), "Column of `spectra`."),
        field("shift", pa.string(), "`none` for scores on i.i.d. images, `all` for shifted ones."),
        field("score", pa.string(), "Column of `scores`."),
        real(
            "r",
            "Mean over pairs of different seeds of Pearson's r over the conditions (twins and"
            " controls left out).",
        ),
        real("low", "Lower end of the 95 % jackknife interval over the seeds."),
        real("high", "Upper end of that interval; missing below three seeds."),
        field("n_conditions", pa.int32(), "Conditions in the correlation."),
        field("n_seeds", pa.int32(), "Seeds in which both are measured."),
        LIMITATION,
    ],
)
