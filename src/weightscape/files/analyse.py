"""The spectra of checkpoints, as the rows of the table `checkpoint_spectra`."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tqdm import tqdm

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint
from weightscape.config.spectra import DEFAULTS, Spectra
from weightscape.files.stream import free_memory, layers_of, stream
from weightscape.spectra.checkpoint_table import MEASURED, SCHEMA
from weightscape.spectra.forms import find_forms, in_forms
from weightscape.spectra.stream import analyse_layers

Row = dict[str, Any]
_EMPTY: Row = (
    dict.fromkeys(SCHEMA.names, "")
    | dict.fromkeys((column.name for column in MEASURED), None)
    | {"block": None, "stage": "finetuned", "status": "", "reason": ""}
)


class Options(NamedTuple):
    """How checkpoints are analysed.

    Attributes
    ----------
    spectra : Spectra
        Which of the costly quantities are computed, and the forms of convolutions.
    threads : int
        Cores to use.
    max_memory : float or None
        What the analysis of one layer may take, in GB; what is free where None.
    """

    spectra: Spectra = DEFAULTS
    threads: int = 1
    max_memory: float | None = None


def analyse_checkpoints(
    names: Iterable[str], base: Checkpoint | None, how: Options
) -> Iterator[list[Row]]:
    """Give the rows of each checkpoint that `names` stand for, with a bar on a terminal.

    Nothing that is wrong with one checkpoint keeps the others from being analysed.

    Parameters
    ----------
    names : iterable of str
        Files, folders or ``timm:<name>``, as `find_checkpoints` takes them.
    base : Checkpoint or None
        What to subtract for the rows of the stage delta.
    how : Options
        How to analyse them.

    Yields
    ------
    list of dict
        Rows of `checkpoint_spectra`: those of one checkpoint, or of all files of a folder that
        are none.
    """
    for name in names:
        try:
            found = find_checkpoints(name)
        except CheckpointError as error:
            yield [_about_file(name, "failed", str(error))]
            continue
        if others := [_about_file(e.name, "skipped", e.reason) for e in found if e.reason]:
            yield others
        for path in (entry.name for entry in found if not entry.reason):
            try:
                yield list(_rows(open_checkpoint(path), base, how))
            except CheckpointError as error:
                yield [_about_file(path, "failed", str(error))]


def _rows(checkpoint: Checkpoint, base: Checkpoint | None, how: Options) -> Iterator[Row]:
    layers, skipped = layers_of(checkpoint)
    for fault in checkpoint.faults:
        yield _about_file(checkpoint.name, "failed", fault)
    if not layers:
        reason = f"{checkpoint.name}: none of its {len(skipped)} parameters can be analysed"
        yield _about_file(checkpoint.name, "failed", reason)
    limit = free_memory() if how.max_memory is None else how.max_memory
    asked = how.spectra.form
    matrices = (
        matrix
        for layer in stream(checkpoint, base, layers, limit)
        for matrix in in_forms(layer, asked)
    )
    forms = sum(len(find_forms(layer.layer_type, layer.slices, asked)) for layer in layers)
    total = forms * (2 if base else 1)
    with tqdm(total=total, desc=checkpoint.name, unit="layer", disable=None, leave=False) as bar:
        for about, analysis in analyse_layers(matrices, how.spectra, how.threads):
            yield {"checkpoint": checkpoint.name} | about | analysis.columns
            bar.update()
    for name, reason in skipped:
        dtype = checkpoint.parameters[name].dtype
        about = {"checkpoint": checkpoint.name, "parameter": name, "dtype": dtype}
        yield _EMPTY | about | {"status": "skipped", "reason": reason}


def _about_file(name: str, status: str, reason: str) -> Row:
    return _EMPTY | {"checkpoint": name, "status": status, "reason": reason}
