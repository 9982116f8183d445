"""Where a study's images and initial weights come from, and under which licences."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from weightscape.tensors import read_about


def read_origins(networks: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Return for every file of an initial network what its body's weights are.

    Parameters
    ----------
    networks : iterable of paths
        Files of `weightscape.network.saved.save_network`; their metadata alone is read.

    Returns
    -------
    list of dict
        `architecture`, `source` and `license`, each once; the last two are empty where weights
        are drawn at random for every seed.
    """
    found = []
    for path in networks:
        about = read_about(path)["network"]
        origin = {key: about[key] for key in ("architecture", "source", "license")}
        if origin not in found:
            found.append(origin)
    return found
