"""Which checkpoints hold the weights of another one: exports, other formats and precisions."""

from collections.abc import Iterable
from math import prod
from pathlib import Path

import numpy as np

from weightscape.checkpoints.checkpoint import FLOATING, Checkpoint, CheckpointError
from weightscape.checkpoints.formats import tell_form, whose_export
from weightscape.checkpoints.open_path import open_path


def find_copies(paths: Iterable[Path]) -> dict[Path, str]:
    """Return which of the checkpoints are not to be read, for another one holds their weights.

    Of the same weights that one is read which comes first in the order of their forms and can be
    read. Files with names that the hub's libraries give are the same weights by these names;
    others, that differ in what they end in, where they have the same shapes and entries.

    Parameters
    ----------
    paths : iterable of Path
        Checkpoints, of one folder or several.

    Returns
    -------
    dict of Path to str
        The reasons.
    """
    forms = {path: form for path in paths if (form := tell_form(path))}
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in sorted(forms, key=lambda path: forms[path].order):
        groups.setdefault((path.parent, forms[path].weights), []).append(path)
    found = {}
    networks: dict[Path, Path] = {}
    for (folder, weights), group in groups.items():
        opened = {path: _try(path) for path in group} if len(group) > 1 else {}
        first = next((path for path in group if opened.get(path, True)), None)
        if first is None:
            continue
        if forms[first].known and weights != "adapter_model":
            networks.setdefault(folder, first)
        for path in group[group.index(first) + 1 :]:
            both = forms[first].known and forms[path].known
            if both or _are_equal(opened[first], opened[path]):
                found[path] = f"the same weights as {first.name}"
    for path in forms:
        if network := networks.get(whose_export(path) or path):
            found[path] = f"the same weights as {network}"
    return found


def _try(path: Path) -> Checkpoint | None:
    """Return the checkpoint at a path; None where it is not whole."""
    try:
        first = open_path(path)[0]
    except CheckpointError:
        return None
    return None if first.faults else first


def _are_equal(one: Checkpoint | None, other: Checkpoint | None) -> bool:
    """Return whether two checkpoints have the same shapes, and the same entries in their smallest.

    Entries are the same where they differ by no more than the coarsest precision rounds.
    """
    if one is None or other is None:
        return False
    shapes = {name: tensor.shape for name, tensor in one.parameters.items()}
    if shapes != {name: tensor.shape for name, tensor in other.parameters.items()}:
        return False
    both = [
        name
        for name, tensor in one.parameters.items()
        if tensor.dtype in FLOATING and other.parameters[name].dtype in FLOATING
    ]
    smallest = min(both, key=lambda name: (-len(shapes[name]), prod(shapes[name])), default=None)
    if smallest is None:
        return False
    try:
        mine, its = (each.parameters[smallest].read() for each in (one, other))
        return np.allclose(mine, its, rtol=2**-7, atol=1e-6)
    except OSError:
        return False
