"""Spectra of weights, and studies of what training choices do to them.

What people call from a notebook has its name here, and is imported when it is first asked for.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    "analyse_checkpoints": "weightscape.files.analyse",
    "open_checkpoint": "weightscape.checkpoints.find",
    "analyse": "weightscape.spectra.analyse",
    "fit_power_law": "weightscape.spectra.power_law",
    "Spectra": "weightscape.config.spectra",
    "Tables": "weightscape.comparison.effects",
    "effects_of": "weightscape.comparison.effects",
    "comparisons_table": "weightscape.comparison.compare",
    "likeness_table": "weightscape.comparison.likeness_rows",
    "trends_table": "weightscape.comparison.trends",
    "relations_table": "weightscape.comparison.relations",
    "claims_table": "weightscape.comparison.claims",
    "read_study": "weightscape.study.load",
    "Plan": "weightscape.study.plan",
    "read_manifest": "weightscape.engine.manifest",
    "load_network": "weightscape.network.saved",
    "restore": "weightscape.network.build",
}
"""Where each name is defined."""

__all__ = [*_WHERE]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
