"""The rows of the table `checkpoint_spectra` about the layers of one checkpoint."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from weightscape.checkpoints.checkpoint import Checkpoint
from weightscape.files.journal import Key, Row, key_of
from weightscape.files.memory import free_memory
from weightscape.files.options import Options
from weightscape.files.progress import work_of
from weightscape.files.stream import describe, hindered, identify, stages_of, stream
from weightscape.files.terminal import encodable
from weightscape.layers.catalogue import LayerMatrix
from weightscape.spectra.checkpoint_table import MEASURED, SCHEMA
from weightscape.spectra.forms import find_forms, in_forms
from weightscape.spectra.stream import Layer, analyse_layers

_EMPTY: Row = (
    dict.fromkeys(SCHEMA.names, "")
    | dict.fromkeys((column.name for column in MEASURED), None)
    | {"block": None, "stage": "finetuned", "status": "", "reason": ""}
)


class Task(NamedTuple):
    """The layers of a checkpoint that are to be analysed.

    Attributes
    ----------
    head : dict of str to str
        The first columns, which are the same in all rows.
    checkpoint, base : Checkpoint
        What to read, and what to compare it with.
    how : Options
        How to analyse them.
    layers : list of LayerMatrix
        Those of `checkpoint`.
    """

    head: dict[str, str]
    checkpoint: Checkpoint
    base: Checkpoint | None
    how: Options
    layers: list[LayerMatrix]

    @property
    def work(self) -> float:
        """Return the sum of `work_of` over all rows."""
        return sum(
            work_of(1, layer.rows, layer.cols * layer.slices)
            if form == "unfolded"
            else work_of(layer.slices, layer.rows, layer.cols)
            for layer in self.layers
            for _ in stages_of(layer, self.checkpoint, self.base)
            for form in self.forms(layer)
        )

    def forms(self, layer: LayerMatrix) -> tuple[str, ...]:
        """Return the forms that a layer has rows of."""
        return find_forms(layer.layer_type, layer.slices, self.how.spectra.form)

    def keys(self, layer: LayerMatrix) -> list[Key]:
        """Return the `key_of` of the rows of a layer, in their order."""
        return [
            key_of(row_of(self.head | identify(layer, self.checkpoint, stage) | {"form": form}))
            for stage in stages_of(layer, self.checkpoint, self.base)
            for form in self.forms(layer)
        ]


def rows_of_layers(task: Task, known: Mapping[Key, Row]) -> Iterator[Row]:
    """Give the rows of all layers, in their order.

    Parameters
    ----------
    task : Task
        What to analyse.
    known : mapping
        Rows by their `key_of`, which are taken as they are where a layer has all of its own.

    Yields
    ------
    dict
        A row of `checkpoint_spectra`.
    """
    keys = {layer: task.keys(layer) for layer in task.layers}
    done = {layer for layer, own in keys.items() if all(key in known for key in own)}
    new = [layer for layer in task.layers if layer not in done]
    spectra, threads = task.how.spectra, task.how.threads
    analysed = analyse_layers(_matrices(task, new), spectra, threads)
    for layer in task.layers:
        if layer in done:
            yield from (known[key] for key in keys[layer])
            continue
        for _ in keys[layer]:
            about, analysis = next(analysed)
            yield row_of(task.head | about | analysis.columns)


def row_about(head: Mapping[str, str], status: str, reason: str) -> Row:
    """Return a row without numbers: about a file, or a parameter that `head` names."""
    return row_of(_EMPTY | {**head, "status": status, "reason": reason})


def row_of(columns: Mapping[str, Any]) -> Row:
    """Return the columns with all text such that UTF-8 can write it."""
    return {
        name: encodable(value) if isinstance(value, str) else value
        for name, value in columns.items()
    }


def _matrices(task: Task, layers: Iterable[LayerMatrix]) -> Iterator[Layer]:
    """Give the matrices to analyse, one for each of the rows of `layers`."""
    how = task.how
    limit = free_memory() if how.max_memory is None else how.max_memory
    for layer in stream(task.checkpoint, task.base, layers, limit, how.compares):
        given = 0
        try:
            for matrix in in_forms(layer, how.spectra.form):
                yield matrix
                given += 1
        except Exception as error:  # there may be no memory for another form
            failed = in_forms(hindered(layer, describe(error)), how.spectra.form)
            yield from islice(failed, given, None)
