"""Weights that several modules share: one parameter, whatever its names."""

import re
from collections.abc import Hashable, Mapping

import numpy as np

from weightscape.checkpoints.checkpoint import Tensor

_VOCABULARY = re.compile(
    r"(.*\.)?(lm_head|embed_out|decoder|proj_out|output_projection|embed_tokens|wte"
    r"|word_embeddings|shared|embed_in|tok_embeddings)\.weight"
)
_LARGEST = 2**27  # entries that are compared
_REASON = "the same entries as "


def find_tied(parameters: Mapping[str, Tensor]) -> dict[str, str]:
    """Return the parameters that are an earlier one by another name, with the reason that says so.

    They are the same where the file says that they share their entries. Where it does not say so,
    as safetensors files do not, nor those of a network that was converted one parameter at a time,
    the embeddings and output layers of a vocabulary that have the same shape and type are compared,
    up to half a gigabyte of each.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.
    """
    first: dict[Hashable, str] = {}
    found: dict[str, str] = {}
    for name, tensor in parameters.items():
        if tensor.storage is not None and len(tensor.shape) > 1:
            key = (tensor.storage, tensor.shape)
            if first.setdefault(key, name) != name:
                found[name] = first[key]
    kept: list[str] = []
    for name in parameters:
        if _VOCABULARY.fullmatch(name) and name not in found:
            same = (one for one in kept if _is_same(parameters[one], parameters[name]))
            if one := next(same, ""):
                found[name] = one
            else:
                kept.append(name)
    return {name: _REASON + one for name, one in found.items()}


def other_names(skipped: Mapping[str, str]) -> dict[str, str]:
    """Return the other names of parameters among what `find_tied` has left out, with those kept."""
    return {
        name: reason.removeprefix(_REASON)
        for name, reason in skipped.items()
        if reason.startswith(_REASON)
    }


def _is_same(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype or len(one.shape) != 2:
        return False
    if np.prod(one.shape) > _LARGEST:
        return False
    try:
        return np.array_equal(one.read(), other.read())
    except OSError:
        return False  # the row of each says so
