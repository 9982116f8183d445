"""What wrappers put into the names of parameters, taken off."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from weightscape.checkpoints.checkpoint import Tensor

_PRIVATE = frozenset(
    ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module",
     "_module")
)  # fmt: skip
_MODULE = "module"
_SHARED = ("model", "net", "network", "backbone")
# The body of a network that keeps its head, if it has one of its own, beside it (transformers).
_OWN = re.compile(
    r"model\.((encoder|decoder|language_model|text_model|vision_model|vision_tower)\.)?"
    r"(embed_tokens|shared|layers\.\d+\.(self_attn|attn|attention|linear_attn|mlp|mixer|mamba"
    r"|block_sparse_moe|feed_forward|input_layernorm))\."
)


def unwrap(parameters: Mapping[str, Tensor]) -> Callable[[str], str]:
    """Return a function from the names in a file to those of the network in its wrappers.

    * What torch.compile, FSDP, activation checkpointing, DeepSpeed and Opacus put into names
      (``_orig_mod``, ``_fsdp_wrapped_module``, ``_checkpoint_wrapped_module``, ``_forward_module``,
      ``_module``) is taken off wherever it stands.
    * ``module`` of data parallel and averaged models is a word that networks use too, for a part of
      a block. It is taken off where its parent lies in no numbered one and holds no other module
      with parameters of two dimensions.
    * ``model``, ``net``, ``network`` and ``backbone``, in which people keep a network in another
      module, are taken off where all of two dimensions begin so; but not ``model`` of transformers,
      which is part of the network's own names.

    Names that would become the same stay as they are.

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.
    """
    matrices = [name for name, tensor in parameters.items() if len(tensor.shape) > 1]
    matrices = matrices or list(parameters)
    dropped = _private(parameters) | _only_modules(matrices)
    prefix = _shared_prefix([_without(dropped, name) for name in matrices])

    def clean(name: str) -> str:
        return _without(dropped, name).removeprefix(prefix)

    counts = Counter(clean(name) for name in parameters)
    return lambda name: name if counts[clean(name)] > 1 else clean(name)


def _private(names: Iterable[str]) -> set[str]:
    """Return the paths that end in a word of wrappers alone, as ``a._orig_mod``."""
    return {f"{path}.{part}".lstrip(".") for path, part in _places(names) if part in _PRIVATE}


def _only_modules(names: Iterable[str]) -> set[str]:
    """Return the paths that end in ``module``, where their parent holds nothing else."""
    children: dict[str, set[str]] = {}
    for path, part in _places(names):
        children.setdefault(path, set()).add(part)
    return {
        f"{path}.{_MODULE}".lstrip(".")
        for path, parts in children.items()
        if parts == {_MODULE} and not any(part.isdigit() for part in path.split("."))
    }


def _places(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give every module in the names, with the path of its parent."""
    for name in names:
        parts = name.split(".")[:-1]
        yield from ((".".join(parts[:depth]), part) for depth, part in enumerate(parts))


def _without(wrappers: set[str], name: str) -> str:
    parts = name.split(".")
    return ".".join(
        part for depth, part in enumerate(parts, 1) if ".".join(parts[:depth]) not in wrappers
    )


def _shared_prefix(names: list[str]) -> str:
    prefix = ""
    while True:
        rest = [name.removeprefix(prefix) for name in names]
        word = rest[0].partition(".")[0] if rest else ""
        is_own = any(_OWN.match(name) for name in rest)
        if word not in _SHARED or is_own or not all(n.startswith(f"{word}.") for n in rest):
            return prefix
        prefix += f"{word}."
