"""What the JSON file beside a file of weights says of the network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LONGEST = 2**24  # bytes of one
_MOST_LINKS = 40


def read_config(path: Path) -> dict[str, Any]:
    """Return what lies beside a file of weights to describe it; empty where nothing does.

    That is ``adapter_config.json`` for a file of an adapter, ``params.json`` for Llama's own files,
    else ``config.json``. A link has what lies beside it, or else beside what it leads to.
    """
    if path.name.startswith("adapter"):
        names = ["adapter_config.json"]
    elif path.name.startswith("consolidated"):
        names = ["params.json", "config.json"]
    else:
        names = ["config.json", "adapter_config.json"]
    places = (place.with_name(name) for place in _places(path) for name in names)
    return next((found for place in places if (found := _read(place))), {})


def _places(path: Path) -> Iterator[Path]:
    """Give a file and, where it is a link, what that leads to, one link after another."""
    for _ in range(_MOST_LINKS):
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LONGEST:
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
