"""The table `checkpoint_spectra`: what is said of the layer matrices of anyone's checkpoint."""

from weightscape.spectra.table import SCHEMA as SPECTRA
from weightscape.tables.identifiers import FORM, LAYER
from weightscape.tables.table import define, text

MEASURED = tuple(
    column.with_nullable(column.name not in ("status", "reason"))
    for column in list(SPECTRA)[SPECTRA.get_field_index("layer_type") :]
)
"""The columns of `spectra` behind its identifiers; all missing where nothing is measured."""

SCHEMA = define(
    "checkpoint_spectra",
    2,
    "Spectral quantities of every layer matrix of checkpoints; and a row with the reason for every"
    " parameter that gives none and every file that cannot be read. A `status` of `skipped` says"
    " that there is nothing to analyse, `failed` that it could not be done.",
    [
        text("checkpoint", "The checkpoint: its path, or `timm:` and a name."),
        text(
            "parameter",
            "Name of the parameter that holds the matrix, without what torch's wrappers put before"
            " all names; empty in a row about a file.",
        ),
        text("dtype", "Its type in the checkpoint; empty in a row about a file."),
        *(column.with_nullable(column.name == "block") for column in LAYER),
        text(
            "stage",
            "Which weights: `finetuned` for those of the checkpoint, `delta` for their difference"
            " from the base checkpoint.",
        ),
        FORM,
        *MEASURED,
    ],
)
