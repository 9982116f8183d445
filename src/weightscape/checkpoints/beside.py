"""What the JSON file beside a file of weights says of the network."""

import json
from pathlib import Path
from typing import Any

_LONGEST = 2**24  # bytes of one


def read_config(path: Path) -> dict[str, Any]:
    """Return what lies beside a file of weights to describe it; empty where nothing does.

    That is ``adapter_config.json`` for a file of an adapter, ``params.json`` for Llama's own files,
    else ``config.json``.
    """
    if path.name.startswith("adapter"):
        names = ["adapter_config.json"]
    elif path.name.startswith("consolidated"):
        names = ["params.json", "config.json"]
    else:
        names = ["config.json", "adapter_config.json"]
    return next((found for name in names if (found := _read(path.with_name(name)))), {})


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LONGEST:
            return {}
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
