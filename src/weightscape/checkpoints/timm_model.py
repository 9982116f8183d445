"""The pre-trained networks of timm."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError, Tensor
from weightscape.checkpoints.groups import find_groups
from weightscape.checkpoints.hub import note_revision

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

PREFIX = "timm:"


def open_timm(name: str) -> Checkpoint:
    """Return the pre-trained weights of ``timm:<architecture>``, downloaded where not yet kept.

    Raises
    ------
    CheckpointError
        If timm has no such weights, or they cannot be downloaded.
    """
    import timm

    architecture = name.removeprefix(PREFIX)
    if not timm.models.is_model_pretrained(architecture):
        raise CheckpointError(
            f"{name}: timm has no pre-trained weights of this name; "
            f"timm.list_pretrained() gives those it has"
        )
    try:
        model = timm.create_model(architecture, pretrained=True)
    except Exception as error:  # whatever a download can raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(
            f"{name}: its weights are not on this machine and cannot be downloaded; connect to "
            f"the network once, or give a file ({reason})"
        ) from error
    config: Any = timm.models.get_pretrained_cfg(architecture)
    classifier = config.classifier if isinstance(config.classifier, str) else None
    checkpoint = Checkpoint(
        name, _tensors(model.state_dict()), classifier=classifier, groups=find_groups(model)
    )
    kept = _find_kept(config)
    return note_revision([checkpoint], kept)[0] if kept else checkpoint


def _tensors(state: Mapping[str, torch.Tensor]) -> dict[str, Tensor]:
    """Return a state dict in memory as parameters."""
    return {
        name: Tensor(
            tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."), partial(_read, tensor)
        )
        for name, tensor in state.items()
    }


def _read(tensor: torch.Tensor) -> NDArray[np.floating]:
    import torch

    wide = tensor.detach() if tensor.dtype == torch.float64 else tensor.detach().float()
    entries: NDArray[np.floating] = wide.numpy()
    return entries


def _find_kept(config: Any) -> Path | None:
    """Return the file in the hub's cache that timm has read; None where it is from elsewhere."""
    from huggingface_hub import try_to_load_from_cache

    if not config.hf_hub_id:
        return None
    repository, _, revision = config.hf_hub_id.partition("@")
    for file in ("model.safetensors", config.hf_hub_filename or "pytorch_model.bin"):
        path = try_to_load_from_cache(repository, file, revision=revision or None)
        if isinstance(path, str):
            return Path(path)
    return None
