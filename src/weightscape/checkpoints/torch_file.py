"""State dicts that `torch.save` has written, read without running any code from them."""

import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor

if TYPE_CHECKING:
    import torch

_NESTED = ("state_dict", "model_state_dict", "model", "module", "network", "net", "weights")
_CONVERT = (
    "If you trust the file, convert it where its classes can be imported: "
    "`m = torch.load(path, weights_only=False)`, then `torch.save(m.state_dict(), new_path)` for "
    "a module, or `torch.save(m['state_dict'], new_path)` for a dictionary that holds one"
)


def open_torch(path: Path) -> Checkpoint:
    """Return the checkpoint in a ``.pt``, ``.pth`` or ``.bin`` file.

    A state dict may lie in a dictionary, under one of the usual keys (``state_dict``, ``model``,
    …). Files of torch 1.6 and later are mapped into memory, not read at once.

    Raises
    ------
    CheckpointError
        If the file is cut short, is no checkpoint, needs code to unpickle, or holds no tensors.
    """
    tensors = _tensors(_load(path))
    if not tensors:
        raise CheckpointError(
            f"{path}: holds no state dict, a dictionary of tensors, itself or under "
            f"{', '.join(_NESTED)}; save the state dict alone"
        )
    return from_tensors(str(path), tensors)


def from_tensors(
    name: str, tensors: Mapping[str, "torch.Tensor"], classifier: str | None = None
) -> Checkpoint:
    """Return a state dict in memory as a checkpoint."""

    def read(parameter: str) -> NDArray[np.floating]:
        import torch

        tensor = tensors[parameter].detach()
        wide: NDArray[np.floating] = (
            tensor if tensor.dtype == torch.float64 else tensor.float()
        ).numpy()
        return wide

    parameters = {
        parameter: Tensor(tuple(tensor.shape), _dtype(tensor), partial(read, parameter))
        for parameter, tensor in tensors.items()
    }
    return Checkpoint(name, parameters, classifier=classifier)


def _dtype(tensor: "torch.Tensor") -> str:
    kind = str(tensor.dtype).removeprefix("torch.")
    layout = str(tensor.layout).removeprefix("torch.")
    return kind if layout == "strided" else f"{layout} {kind}"


def _load(path: Path) -> Any:
    import torch

    with open(path, "rb") as file:
        start = file.read(2)
    is_zip = zipfile.is_zipfile(path)
    if start == b"PK" and not is_zip:
        raise CheckpointError(f"{path}: is cut short; copy or download it again")
    if start not in (b"PK", b"\x80\x02"):  # the pickles of torch.save are of protocol 2
        raise CheckpointError(
            f"{path}: is not a file that torch.save has written; give a state dict or a "
            "safetensors file"
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=is_zip)
    except (EOFError, UnpicklingError, RuntimeError, LookupError, ValueError) as error:
        message = str(error)
        if "TorchScript" in message:
            raise CheckpointError(
                f"{path}: is a TorchScript archive, which holds code; convert it by "
                "`torch.save(torch.jit.load(path).state_dict(), new_path)`"
            ) from error
        if "weights only" in message.lower():
            _, _, needed = message.partition("Unsupported global: GLOBAL ")
            needs = f"the class {needed.split()[0]}" if needed else "code"
            raise CheckpointError(
                f"{path}: needs {needs} to unpickle, and code from a checkpoint is not run. "
                f"{_CONVERT}"
            ) from error
        reason = next(iter(message.splitlines()), type(error).__name__)
        raise CheckpointError(
            f"{path}: is cut short or not a checkpoint ({reason}); copy or download it again"
        ) from error


def _tensors(content: Any) -> dict[str, "torch.Tensor"]:
    """Return the tensors of the outermost dictionary that has any."""
    import torch

    if not isinstance(content, Mapping):
        return {}
    tensors = {
        str(name): value for name, value in content.items() if isinstance(value, torch.Tensor)
    }
    inner = (content[key] for key in _NESTED if key in content)
    return tensors or next((found for part in inner if (found := _tensors(part))), {})
