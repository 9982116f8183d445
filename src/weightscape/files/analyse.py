"""The spectra of checkpoints, as the rows of the table `checkpoint_spectra`."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, groupby
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import Checkpoint
from weightscape.checkpoints.find import open_checkpoints
from weightscape.files.journal import Key, Row
from weightscape.files.options import Options
from weightscape.files.progress import show
from weightscape.files.rows import Task, row_about, rows_of_layers
from weightscape.files.sources import Source, find_sources
from weightscape.files.stream import describe, layers_of
from weightscape.parameters.base import match_base
from weightscape.parameters.resolve import resolve


class Part(NamedTuple):
    """The rows of one set of weights, or of files that hold none.

    Attributes
    ----------
    name : str
        What it is called on a terminal; empty for files that hold none.
    work : float
        What the analysis takes: the sum of `weightscape.files.progress.work_of` over its layers.
    size : float
        Its share of the bytes of its file.
    rows : iterator of dict
        Rows of `checkpoint_spectra`, as they come.
    """

    name: str
    work: float
    size: float
    rows: Iterator[Row]


def analyse_checkpoints(
    names: Iterable[str], base: Checkpoint | None, how: Options
) -> Iterator[list[Row]]:
    """Give the rows of each checkpoint that `names` stand for, with a bar on a terminal.

    Nothing that is wrong with one checkpoint keeps the others from being analysed.

    Parameters
    ----------
    names : iterable of str
        Files, folders or ``timm:<name>``, as `find_checkpoints` takes them; a file that is named
        twice is read once.
    base : Checkpoint or None
        What to subtract for the rows of the stage delta, and what adapters are added to.
    how : Options
        How to analyse them.

    Yields
    ------
    list of dict
        Rows of `checkpoint_spectra`: those of one set of weights of a checkpoint, or of all files
        of a folder that are none.
    """
    for part in analyse_parts(find_sources(names), base and resolve(base), how):
        yield list(show(part.name, part.work, part.rows))


def analyse_parts(
    sources: Iterable[Source],
    base: Checkpoint | None,
    how: Options,
    known: Mapping[Key, Row] | None = None,
) -> Iterator[Part]:
    """Give the parts of the table that `sources` make, each with its rows as they come.

    Parameters
    ----------
    sources : iterable of Source
        What to read.
    base : Checkpoint or None
        As of `analyse_checkpoints`, and as `weightscape.parameters.resolve.resolve` gives it.
    how : Options
        How to analyse them.
    known : mapping, optional
        Rows of an earlier call by their `key_of`, which are taken as they are.

    Yields
    ------
    Part
        Its rows are to be taken before the next part is asked for.
    """
    for without, group in groupby(sources, key=lambda source: bool(source.status)):
        if without:
            rows = [row_about({"checkpoint": e.name}, e.status, e.reason) for e in group]
            yield Part("", 0, 0, iter(rows))
            continue
        for source in group:
            try:
                checkpoints = open_checkpoints(source.name)
            except Exception as error:
                row = row_about({"checkpoint": source.name}, "failed", describe(error))
                yield Part("", 0, source.size, iter([row]))
                continue
            for checkpoint in checkpoints:
                part = _part(checkpoint, base, how, known or {})
                yield part._replace(size=source.size / len(checkpoints))


def _part(
    stored: Checkpoint, base: Checkpoint | None, how: Options, known: Mapping[Key, Row]
) -> Part:
    """Return the part of the table that a checkpoint makes."""
    head = {
        "checkpoint": stored.name, "weight_set": stored.weight_set,
        "revision": stored.revision, "sha256": stored.sha256,
    }  # fmt: skip
    notes: tuple[str, ...] = ()
    try:
        checkpoint = resolve(stored)
        if base:
            faults = tuple(f"of the base, {fault}" for fault in base.faults)
            base, notes = match_base(checkpoint, base)
            notes = (*faults, *notes)
        layers, skipped = layers_of(checkpoint)
    except Exception as error:
        return Part("", 0, 0, iter([row_about(head, "failed", describe(error))]))
    reasons = dict(skipped) | dict(checkpoint.skipped)
    about = [row_about(head, "failed", fault) for fault in checkpoint.faults]
    about += [row_about(head, "note", note) for note in notes]
    if not layers:
        reason = f"{stored.name}: none of its {len(reasons)} parameters can be analysed"
        about.append(row_about(head, "failed", reason))
    rest = [
        row_about({**head, "parameter": name, "dtype": _dtype(name, stored, checkpoint)},
                  "skipped", reason)
        for name, reason in reasons.items()
    ]  # fmt: skip
    task = Task(head, checkpoint, base, how, layers)
    name = " ".join(filter(None, (stored.name, stored.weight_set)))
    return Part(name, task.work, 0, chain(about, rows_of_layers(task, known), rest))


def _dtype(name: str, *checkpoints: Checkpoint) -> str:
    """Return the type of a parameter in the first checkpoint that has it; empty without one."""
    return next((c.parameters[name].dtype for c in checkpoints if name in c.parameters), "")
