"""A checkpoint: names, shapes and types at once, entries one parameter at a time."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

FLOATING = frozenset((
    "float64", "float32", "float16", "bfloat16",
    "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz",
))  # fmt: skip
"""The types of weights, by their names in torch; wider than 32 bits only float64."""


class CheckpointError(Exception):
    """Something cannot be read as a checkpoint; the message names it, the fault and the remedy."""


class Tensor(NamedTuple):
    """A tensor of a checkpoint: what is said of it, and the way to its entries.

    Attributes
    ----------
    shape : tuple of int
        Its shape.
    dtype : str
        The type that it is stored in, by its name in torch; ``scaled`` and that of its codes where
        scales multiply these.
    read : callable
        Returns the entries: as float64 where they are stored so, as float32 where they are of
        another type of `FLOATING` or of float8_e8m0fnu, a type of scales; else as they are. Raises
        `OSError` where there are none, or the file cannot be read.
    storage : hashable
        The same for tensors that are the same entries, as tied weights are; None where the file
        does not say.
    """

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], NDArray[Any]]
    storage: Hashable = None


@dataclass(frozen=True)
class Checkpoint:
    """The parameters of a network, wherever they are kept.

    Attributes
    ----------
    name : str
        How the user calls it: a path or ``timm:<name>``.
    parameters : mapping of str to Tensor
        All of them, buffers included.
    weight_set : str
        Which of the sets of weights that a file holds, as ``state_dict_ema``; empty where it holds
        one.
    classifier : str or None
        Module that holds the classifier; empty for none, None where the checkpoint does not say.
    faults : tuple of str
        What of it cannot be read, such as a missing shard.
    failure : str
        Why its training failed, where it says so itself; its weights are of no use then.
    groups : mapping of str to int, or None
        Groups of the convolutions that have several, by parameter; None where the checkpoint does
        not say, as no state dict does.
    skipped : mapping of str to str
        Tensors that are kept beside the parameters and are none, with the reason.
    config : mapping
        What ``adapter_config.json`` says that lies beside an adapter, ``config.json`` that lies
        beside another file; empty where there is none.
    revision : str
        The commit of the repository on the hub that it is from; empty where that is not known.
    sha256 : str
        Of its file, or of the index of its shards, in hexadecimal digits; empty where it is not
        from the hub.
    changes : frozenset of str
        Parameters that are changes of those of another network, as an adapter's are, and not
        weights.
    """

    name: str
    parameters: Mapping[str, Tensor]
    weight_set: str = ""
    classifier: str | None = None
    faults: tuple[str, ...] = ()
    failure: str = ""
    groups: Mapping[str, int] | None = None
    skipped: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""
    sha256: str = ""
    changes: frozenset[str] = frozenset()
