"""A checkpoint and the one that it is compared with: which parameters of both are the same."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from weightscape.checkpoints.checkpoint import Checkpoint, Tensor
from weightscape.parameters.fused import find_projections
from weightscape.parameters.tied import other_names

_DEEPEST = 3  # modules that one network may lie within
_FLAT = re.compile(r"lora_(unet|te\d?|text_encoder\d?|transformer|prior\w*)_(?P<path>.*)\.weight")
_SHOWN = 3

_Tensors = Mapping[str, Tensor]
_Skipped = Mapping[str, str]


def match_base(checkpoint: Checkpoint, base: Checkpoint) -> tuple[Checkpoint, tuple[str, ...]]:
    """Return the base with the names of the checkpoint, and what is to be said of the two.

    Names that differ in what stands before them all (``bert.`` in one, nothing in the other) are
    matched where more of them agree so than as they are, in name and shape; those of kohya's
    adapters, whose dots are ``_``, too. Queries, keys and values that one keeps in one parameter
    and the other apart are taken apart or put together where it shows how they lie.

    Parameters
    ----------
    checkpoint, base : Checkpoint
        Both as `weightscape.parameters.resolve.resolve` gives them.

    Returns
    -------
    base : Checkpoint
        With its parameters renamed, and those that are made of them beside.
    notes : tuple of str
        One line each: how names differ, and which matrices only the base has. Of an adapter's base
        the latter is not said.
    """
    wanted = _matrices(checkpoint)
    names, note = _names(wanted, base)
    parameters = {names.get(name, name): tensor for name, tensor in base.parameters.items()}
    skipped = {names.get(name, name): reason for name, reason in base.skipped.items()}
    parameters |= _shared(checkpoint.skipped, skipped, parameters)
    made = find_projections(checkpoint, replace(base, parameters=parameters))
    used = {part for entry in made for part in entry.factors} | other_names(
        checkpoint.skipped
    ).keys()
    matched = replace(
        base,
        parameters=parameters | {e.name: e.weight for e in made if isinstance(e.weight, Tensor)},
        skipped=skipped,
    )
    given = {name: each for name, each in _matrices(matched).items() if name not in skipped}
    if wanted and given and not any(name in given for name in wanted):
        return matched, (note,) if note else (
            f"no parameter of the base, {base.name}, has a name of the checkpoint: the first are "
            f"{next(iter(given))} and {next(iter(wanted))}; give the base that it was made of",
        )
    notes = [note] if note else []
    own = {new: name for name, new in names.items()}
    only = [own.get(name, name) for name in given if name not in wanted and name not in used]
    if only and not checkpoint.changes:
        more = f" and {len(only) - _SHOWN} more" if len(only) > _SHOWN else ""
        notes.append(f"only the base, {base.name}, has {', '.join(only[:_SHOWN])}{more}")
    return matched, tuple(notes)


def _shared(ours: _Skipped, theirs: _Skipped, given: _Tensors) -> dict[str, Tensor]:
    """Return parameters of the base under the names by which the other file keeps shared ones."""
    found = {name: given[kept] for name, kept in other_names(theirs).items() if kept in given}
    for name, kept in other_names(ours).items():
        if name in given and kept not in given:
            found[kept] = given[name]
    return found


def _matrices(checkpoint: Checkpoint) -> dict[str, Tensor]:
    return {n: tensor for n, tensor in checkpoint.parameters.items() if len(tensor.shape) > 1}


def _names(wanted: _Tensors, base: Checkpoint) -> tuple[dict[str, str], str]:
    """Return new names of the base's parameters by their own, and how they differ."""
    flat = _unflatten(wanted, base.parameters)
    if flat:
        return flat, ""
    given = _matrices(base)
    (ours, theirs), count, rivals = _prefixes(wanted, given)
    as_they_are = sum(n in given and given[n].shape == wanted[n].shape for n in wanted)
    if count > as_they_are and rivals:
        parts = " and ".join(f"`{prefix}`" for prefix in (theirs, *rivals))
        return {}, (
            f"no names are matched: those of the checkpoint fit {parts} of the base, {base.name}, "
            "alike; give the part that it was made of"
        )
    if count > as_they_are:
        names = {n: ours + n.removeprefix(theirs) for n in base.parameters if n.startswith(theirs)}
        kept = {n for n in names if n in wanted}
        new = {n: name for n, name in names.items() if n not in kept}
        if len(set(new.values()) | kept) < len(names):
            return {}, ""
        how = " and ".join(
            f"`{prefix}` in the {whose} alone"
            for prefix, whose in ((ours, "checkpoint"), (theirs, "base"))
            if prefix
        )
        return new, f"names are matched but for {how}"
    return {}, ""


def _prefixes(wanted: _Tensors, given: _Tensors) -> tuple[tuple[str, str], int, list[str]]:
    """Return what stands before the names of both, and how many agree without it.

    Last are the prefixes of other parts of the base that as many agree with.
    """
    theirs: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for name, tensor in given.items():
        for prefix, rest in _splits(name):
            theirs.setdefault((rest, tensor.shape), []).append(prefix)
    counts = Counter(
        (ours, other)
        for name, tensor in wanted.items()
        for ours, rest in _splits(name)
        for other in theirs.get((rest, tensor.shape), ())
        if "." in rest or not (ours and other)  # `a.weight` and `b.weight` have no name in common
    )
    (ours, prefix), count = max(
        counts.items(),
        key=lambda item: (item[1], -len(item[0][0]) - len(item[0][1])),
        default=(("", ""), 0),
    )
    rivals = {
        other
        for (_, other), n in counts.items()
        if n == count and not other.startswith(prefix) and not prefix.startswith(other)
    }
    return (ours, prefix), count, sorted(rivals, key=len)[:1]


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Give what may stand before a name, without a number, and the rest."""
    yield "", name
    prefix = ""
    for part in name.split(".")[:_DEEPEST]:
        prefix += f"{part}."
        if part.isdigit() or prefix == f"{name}.":
            return
        yield prefix, name.removeprefix(prefix)


def _unflatten(wanted: _Tensors, given: _Tensors) -> dict[str, str]:
    """Return the names of kohya's adapters by those of the base."""
    paths = {name.removesuffix(".weight").replace(".", "_"): name for name in given}
    matches = ((name, _FLAT.fullmatch(name)) for name in wanted)
    return {
        paths[match["path"]]: name for name, match in matches if match and match["path"] in paths
    }
