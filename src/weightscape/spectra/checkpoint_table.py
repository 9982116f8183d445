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
    3,
    "Spectral quantities of every layer matrix of checkpoints; and a row with the reason for every"
    " parameter that gives none and every file that cannot be read. A `status` of `skipped` says"
    " that there is nothing to analyse, `failed` that it could not be done; a `note` says something"
    " of a whole checkpoint, such as how the names of the base differ. In all texts, halves of"
    " surrogate pairs are escaped as in Python.",
    [
        text("checkpoint", "The checkpoint: its path, or `timm:` or `hf:` and a name."),
        text(
            "weight_set",
            "Which of the sets of weights that a file holds, by its key there, such as"
            " `state_dict_ema`; empty where it holds one.",
        ),
        text(
            "revision",
            "The commit that it is of on the hub, where that is known; empty for others.",
        ),
        text(
            "sha256",
            "SHA-256 of its file on the hub, or of the index of its shards; empty for others.",
        ),
        text(
            "parameter",
            "Name of the parameter that holds the matrix, without what wrappers put into names;"
            " where the file holds factors of it, that of their product. Empty in a row about a"
            " file.",
        ),
        text(
            "dtype",
            "Its type in the checkpoint, with `scaled` before that of codes which scales multiply;"
            " empty in a row about a file, and where it is not read.",
        ),
        *(column.with_nullable(column.name == "block") for column in LAYER),
        text(
            "stage",
            "Which weights: `finetuned` for those of the checkpoint, `delta` for their difference"
            " from the base checkpoint. Of an adapter, `delta` is what it adds to the base, and"
            " `finetuned` the sum.",
        ),
        FORM,
        *MEASURED,
    ],
)
