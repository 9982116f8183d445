"""Running averages that are kept in one dictionary with the weights they are averages of."""

from collections.abc import Mapping

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.keys import names_average


def split_averages(parameters: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """Return the parameters by the prefix that those of a copy of the network share; empty for it.

    A prefix such as ``ema_model``, ``teacher`` or ``module.momentum_encoder`` is one of a copy if
    all matrices below it are there without it or with another prefix, of the same shape. A copy
    whose names have lost their dots (those of ``LitEma`` in latent diffusion) gets those of the
    network. Where all that is no copy has a prefix of its own, that is its key, too.
    """
    shared = _shared_prefix(list(parameters))
    groups: dict[str, dict[str, Tensor]] = {}
    for name, tensor in parameters.items():
        first, dot, rest = name.removeprefix(shared).partition(".")
        groups.setdefault(first if dot else "", {})[rest if dot else first] = tensor
    own = {name: group for name, group in groups.items() if not names_average(name)}
    if len(own) == len(groups):
        return {"": dict(parameters)}
    copies: dict[str, dict[str, Tensor]] = {}
    for first in groups.keys() - own.keys():
        copy = _name(groups[first], own)
        if any(_is_copy(copy, group) for group in (*own.values(), _join(own))):
            copies[f"{shared}{first}"] = copy
    kept = {
        name: tensor
        for name, tensor in parameters.items()
        if not any(name.startswith(f"{prefix}.") for prefix in copies)
    }
    (first, group), *others = own.items() or [("", {})]
    if copies and first and not others:
        return {f"{shared}{first}": group} | dict(sorted(copies.items()))
    return {"": kept} | dict(sorted(copies.items()))


def _shared_prefix(names: list[str]) -> str:
    """Return the modules that all names lead through, with a dot behind each."""
    least, most = (name.split(".")[:-1] for name in (min(names), max(names)))
    both = 0
    while both < min(len(least), len(most)) and least[both] == most[both]:
        both += 1
    return "".join(f"{part}." for part in least[:both])


def _join(groups: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {
        f"{first}.{rest}" if first else rest: tensor
        for first, group in groups.items()
        for rest, tensor in group.items()
    }


def _name(copy: Mapping[str, Tensor], own: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Return a copy with dots in its names as the network has them, where they have none."""
    if any("." in name for name in copy):
        return dict(copy)
    dotted = {name.replace(".", ""): name for group in own.values() for name in group}
    return {dotted.get(name, name): tensor for name, tensor in copy.items()}


def _is_copy(copy: Mapping[str, Tensor], group: Mapping[str, Tensor]) -> bool:
    matrices = [name for name, tensor in copy.items() if len(tensor.shape) > 1]
    return bool(matrices) and all(
        name in group and group[name].shape == copy[name].shape for name in matrices
    )
