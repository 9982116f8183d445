"""Objects of classes that are not imported: what a pickle says of them, and nothing that acts."""

from collections.abc import Mapping
from typing import Any


class Inert(dict[Any, Any]):
    """An object of a class that is not imported: its attributes and items by name.

    What its constructor was given stands under ``arguments``, what it holds as a list under
    ``entries``, a state that is no dictionary under ``state``.

    Attributes
    ----------
    kind : str
        Module and name of the class, as ``argparse.Namespace``.
    """

    def __init__(self, kind: str, content: Mapping[Any, Any] | None = None) -> None:
        super().__init__(content or {})
        self.kind = kind


class Module(Inert):
    """A whole network that is pickled, as its state dict: name to `Tensor`, flat.

    Attributes
    ----------
    groups : dict of str to int
        Groups of the convolutions that have several, by parameter.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.groups: dict[str, int] = {}
