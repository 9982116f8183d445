"""Runs whose training has failed: how their files say so."""

from collections.abc import Mapping
from typing import Any


def note_failure(provenance: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Return the provenance of a file of a run that has failed; as it is without a reason.

    Its tables have no rows, and this says why: under ``status`` and ``reason``.
    """
    return {**provenance, "status": "failed", "reason": reason} if reason else dict(provenance)
