"""What the keys say under which programs keep weights, and other things, in a file."""

import re
from collections.abc import Mapping
from typing import Any

USUAL = (
    "state_dict", "model_state_dict", "model", "module", "network", "net", "weights", "params",
    "model_state", "net_state_dict", "student", "generator", "g",
)  # fmt: skip
"""Keys that weights lie under; those of an earlier one are what people mean by the file."""

_WEIGHTS = frozenset(("model", "module", "network", "net", "weights", "params", "parameters"))
_NETWORKS = frozenset(
    ("student", "online", "generator", "gen", "g", "netg", "discriminator", "disc", "d", "netd")
)
_AVERAGES = frozenset(
    ("ema", "swa", "averaged", "average", "teacher", "momentum", "target", "shadow")
)
_ADVERSARIES = frozenset(("discriminator", "disc", "d", "netd", "critic"))
_TRAINING = re.compile(
    r"optim(?!al)|(^|_)opt(_|$)|sched|scaler|(^|_)rng|random_state|(^|_)amp(_|$)|fragment"
    r"|^(args|config|cfg|hyper_parameters|loops|metrics|history)$"
)
_STRAY = re.compile(
    r"best_\w+|confusion_\w+|epoch|n_averaged|\w*rng_state\w*"
    r"|(\w+_)?loss(es)?(_\w+)?|\w+_history|(train|val|valid|test)_\w+"
)
_PARAMETER = re.compile(
    r"(.*[._/])?(\w*weights?|\w*bias|kernel|scale|gamma|beta|w|b|embeddings?|running_(mean|var)"
    r"|lora_[AB]|(weight|bias)_\w+|\w+_proj)",
    re.IGNORECASE,
)
_LEAF = re.compile(r".*\.(weight|bias|running_mean|running_var)|weight|bias", re.DOTALL)


def names_weights(key: str) -> bool:
    """Return whether what lies under a key is weights by its name, as ``model_2`` or ``net``."""
    return bool(_words(key) & _WEIGHTS) or names_set(key)


def names_set(key: str) -> bool:
    """Return whether what lies under a key is all weights of a network, and no part of one."""
    if "." in key or "/" in key:
        return False
    plain = _snake(key)
    named = plain in USUAL or plain.endswith("state_dict") or bool(_words(key) & _NETWORKS)
    return named or names_average(key)


def names_average(key: str) -> bool:
    """Return whether a key names a running average of weights, or a teacher that is one.

    MoCo's is ``encoder_k``.
    """
    return bool(_words(key) & _AVERAGES) or _snake(key).endswith("_k")


def names_training(key: str) -> bool:
    """Return whether a key names the state of an optimizer, a schedule or a random generator."""
    return bool(_TRAINING.search(_snake(key)))


def names_stray(key: str) -> bool:
    """Return whether a key names a number of a training that is no parameter."""
    return "." not in key and bool(_STRAY.fullmatch(_snake(key)))


def may_be_parameter(name: str) -> bool:
    """Return whether a name is one that parameters have."""
    return bool(_PARAMETER.fullmatch(name))


def is_parameter(name: str) -> bool:
    """Return whether a name can hardly be that of anything but a parameter."""
    return bool(_LEAF.fullmatch(name))


def is_optimizer(part: Any) -> bool:
    """Return whether a part of a file is the state dict of one of torch's optimizers."""
    return isinstance(part, Mapping) and part.keys() >= {"state", "param_groups"}


def rank(path: tuple[str, ...]) -> tuple[bool, bool, int]:
    """Return by what the sets of weights of a file are ordered.

    The weights that were trained come before discriminators and critics, these before averages;
    among them the order is that of `USUAL`.
    """
    first = path[0] if path else USUAL[0]
    return (
        any(map(names_average, path)),
        any(_words(key) & _ADVERSARIES for key in path),
        USUAL.index(first) if first in USUAL else len(USUAL),
    )


def _words(key: str) -> frozenset[str]:
    return frozenset(re.split(r"[_.\-/ \d]+", _snake(key)))


def _snake(key: str) -> str:
    """Return a key in lower case, with an underscore where it goes from small to capital."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
