"""The checkpoints in one file: a set of weights each."""

from pathlib import Path

from weightscape.checkpoints.beside import read_config
from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.downloads import check_downloaded
from weightscape.checkpoints.parallel import check_whole
from weightscape.checkpoints.safetensors_file import read_adapter_config
from weightscape.checkpoints.tree import read_tree
from weightscape.checkpoints.weight_sets import TRAINING, find_weight_sets


class NoWeightsError(CheckpointError):
    """A file is whole, and holds the state of a training alone."""


def open_file(path: Path) -> list[Checkpoint]:
    """Return the sets of weights in a file, the one that people mean by it first.

    What else the file holds is named as `skipped` with the first.

    Raises
    ------
    CheckpointError
        If it is not there, or not whole, or holds no weights; says what it is and the remedy.
    """
    check_downloaded(path)
    try:
        contents = read_tree(path)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror or error}") from error
    sets, others = find_weight_sets(contents.tree)
    if others and not sets:
        raise NoWeightsError(f"{path}: holds {TRAINING}; give the file of the weights beside it")
    if not sets:
        raise CheckpointError(
            f"{path}: holds no state dict, a dictionary of tensors, itself or in it; "
            "save the state dict alone"
        )
    check_whole(path, contents.tree, [weights.parameters for weights in sets.values()])
    network = contents.about.get("network", {})
    config = read_config(path)
    if contents.kind == "safetensors":
        config |= read_adapter_config(path)
    return [
        Checkpoint(
            str(path),
            weights.parameters,
            weight_set=name if len(sets) > 1 else "",
            classifier=network.get("classifier"),
            failure=network.get("failure", ""),
            groups=network.get("groups") or weights.groups,
            skipped=others if number == 0 else {},
            config=config,
        )
        for number, (name, weights) in enumerate(sets.items())
    ]
