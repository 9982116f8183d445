"""Networks that are spread over several files because several processes have trained them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.beside import read_config
from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor

_RANK = re.compile(r"(?P<head>(|.*[-_.])(?:consolidated\.|rank[-_]?))(?P<rank>\d+)(?P<tail>\D.*)")
_FOLDER = re.compile(r"(?P<head>mp_rank_)(?P<rank>\d\d)(?P<tail>(_\d+)*)")
_ZERO = re.compile(r"zero_pp_rank_(\d+)_mp_rank_(\d+)_model_states\.pt")
_COLUMNS = re.compile(r"(.*\.)?(attention\.w[qkv]|feed_forward\.w[13]|output)\.weight")
_ROWS = re.compile(r"(.*\.)?(attention\.wo|feed_forward\.w2)\.weight")
_SAVE = (
    "load it in the program that has written it, with as many processes, and save the whole state "
    "dict from one"
)


def is_distributed(folder: Path) -> bool:
    """Return whether a folder is one checkpoint of `torch.distributed.checkpoint`."""
    return (folder / ".metadata").is_file() and any(folder.glob("*.distcp"))


def refuse_distributed(folder: Path) -> CheckpointError:
    """Return the error of a checkpoint of `torch.distributed.checkpoint`, which is not joined."""
    return CheckpointError(
        f"{folder}: is a distributed checkpoint; join it: `python -m "
        f"torch.distributed.checkpoint.format_utils dcp_to_torch {folder} {folder}.pt`"
    )


def find_slices(path: Path) -> list[Path]:
    """Return the files with the slices of one network, `path` among them; none for a whole one.

    Slices have the rank of their process in their name (``consolidated.00.pth``,
    ``mp_rank_00_model_states.pt``) or in that of their folder (``mp_rank_00``). One alone is whole.
    """
    match, folder = _RANK.fullmatch(path.name), _FOLDER.fullmatch(path.parent.name)
    if match:
        others = [(other, _RANK.fullmatch(other.name)) for other in path.parent.iterdir()]
    elif folder:
        match = folder
        others = [
            (other / path.name, _FOLDER.fullmatch(other.name))
            for other in path.parent.parent.iterdir()
        ]
    else:
        return []
    of_rank = {
        int(its["rank"]): other
        for other, its in others
        if its and (its["head"], its["tail"]) == (match["head"], match["tail"]) and other.is_file()
    }
    # Other numbers than those of processes are ranks of matrices, as in `lora_rank_8`.
    are_slices = len(of_rank) > 1 and set(of_rank) == set(range(len(of_rank)))
    return [of_rank[rank] for rank in sorted(of_rank)] if are_slices else []


def check_whole(path: Path, tree: Any, parameters: Iterable[Mapping[str, Tensor]]) -> None:
    """Check that a file holds the whole of its parameters, not the share of one process.

    Raises
    ------
    CheckpointError
        If they are spread over other files, with the command that joins them.
    """
    if all(0 in tensor.shape for each in parameters for tensor in each.values()):
        if (isinstance(tree, Mapping) and "ds_version" in tree) or _ZERO.fullmatch(path.name):
            raise CheckpointError(
                f"{path}: its parameters are empty, for DeepSpeed's ZeRO-3 has spread them over "
                f"the files of the optimizer; join them: `python zero_to_fp32.py . whole` in "
                f"{path.parent.parent}"
            )
    count = tree.get("mp_world_size") if isinstance(tree, Mapping) else None
    if isinstance(count, int) and count > 1:
        raise _refuse_slices(path, count)


def open_slices(files: list[Path], parts: list[Checkpoint]) -> Checkpoint:
    """Return the network whose slices are `parts`, joined.

    That is done for the names and dimensions of Llama's own files.

    Parameters
    ----------
    files : list of Path
        The slices in the order of their ranks.
    parts : list of Checkpoint
        What is in them.

    Raises
    ------
    CheckpointError
        If it is not known along which dimension a parameter is cut; says what joins them.

    References
    ----------
    `llama/model.py` of Meta's llama 2 and 3: which layers are cut along outputs or inputs.
    """
    config = read_config(files[0])
    joined = {}
    for name, first in parts[0].parameters.items():
        slices = [part.parameters.get(name) for part in parts]
        kinds = {(each.shape, each.dtype) if each else None for each in slices}
        dimension = _dimension(name, first, len(parts), config)
        if (
            dimension is None
            or len(kinds) > 1
            or len(parts[0].parameters) != min(len(part.parameters) for part in parts)
        ):
            raise _refuse_slices(files[0], len(files))
        joined[name] = _join([each for each in slices if each], dimension)
    return Checkpoint(str(files[0]), joined, config=config)


def _dimension(name: str, tensor: Tensor, count: int, config: Mapping[str, Any]) -> int | None:
    """Return along which dimension a parameter is cut: −1 for none; None where it is not known."""
    width = config.get("dim")
    if len(tensor.shape) < 2:
        return -1
    if not isinstance(width, int) or len(tensor.shape) > 2:
        return None
    rows, columns = tensor.shape
    if _COLUMNS.fullmatch(name) and columns == width:
        return 0
    if _ROWS.fullmatch(name) and rows == width:
        return 1
    if name.endswith("tok_embeddings.weight"):
        return {width: 0, width // count: 1}.get(columns)
    return None


def _join(slices: list[Tensor], dimension: int) -> Tensor:
    if dimension < 0:
        return slices[0]
    shape = list(slices[0].shape)
    shape[dimension] *= len(slices)

    def read() -> NDArray[Any]:
        return np.concatenate([each.read() for each in slices], axis=dimension)

    return Tensor(tuple(shape), slices[0].dtype, read)


def _refuse_slices(path: Path, count: int) -> CheckpointError:
    if path.name.startswith("consolidated"):
        remedy = (
            "`python -m transformers.models.llama.convert_llama_weights_to_hf` of transformers 4 "
            "joins those of Llama"
        )
    elif "mp_rank_" in str(path):
        remedy = (
            "Megatron's `tools/checkpoint/convert.py --target-tensor-parallel-size 1` joins those "
            f"of Megatron; else {_SAVE}"
        )
    else:
        remedy = _SAVE
    return CheckpointError(
        f"{path}: is one of {count} slices of a network, a part of every parameter; {remedy}"
    )
