"""What the spectra of anyone's checkpoint say, a row per layer matrix and stage."""

import pyarrow as pa

from weightscape.schemas import spectra
from weightscape.schemas.identifiers import LAYER
from weightscape.table import define, field

MEASURED = tuple(
    column.with_nullable(column.name not in ("status", "reason"))
    for column in list(spectra.SCHEMA)[spectra.SCHEMA.get_field_index("layer_type") :]
)
"""The columns of `spectra` behind its identifiers; all missing where nothing is measured."""

SCHEMA = define(
    "checkpoint_spectra",
    1,
    "Spectral quantities of every layer matrix of checkpoints; and a row with the reason for every"
    " parameter that gives none and every file that cannot be read. A `status` of `skipped` says"
    " that there is nothing to analyse, `failed` that it could not be done.",
    [
        field("checkpoint", pa.string(), "The checkpoint: its path, or `timm:` and a name."),
        field(
            "parameter",
            pa.string(),
            "Name of the parameter that holds the matrix, without what torch's wrappers put before"
            " all names; empty in a row about a file.",
        ),
        field("dtype", pa.string(), "Its type in the checkpoint; empty in a row about a file."),
        *(column.with_nullable(column.name == "block") for column in LAYER),
        field(
            "stage",
            pa.string(),
            "Which weights: `finetuned` for those of the checkpoint, `delta` for their difference"
            " from the base checkpoint.",
        ),
        *MEASURED,
    ],
)
