"""Whether the options of a figure name only what its study has."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from weightscape.config.figure import Figure
from weightscape.config.plugins import module_of

KINDS = {
    "dataset": "dataset",
    "backbone": "backbone",
    "condition": "condition",
    "conditions": "condition",
    "metric": "metric",
    "metrics": "metric",
    "pairs": "metric",
    "measured": "measured metric",
}
"""What the options of these names name, in every figure."""


def check_figure(figure: Figure, known: Mapping[str, Collection[str]]) -> None:
    """Refuse options that name a dataset, backbone, condition or metric that a study lacks.

    What an option names follows from its own name, see `KINDS`. An option left at its default is
    not checked: a figure draws what there is of it. A figure that reads the table `spectra` takes
    metrics from there, whether the study compares them or not, and lists them in the type of the
    option.

    Parameters
    ----------
    figure : Figure
        The figure with its options.
    known : mapping
        For each of the kinds dataset, backbone, condition, metric and measured metric the names
        that the study has.

    Raises
    ------
    ValueError
        If a name is not known; the message has the figure, the option, the name and those that
        there are.
    """
    source = module_of(figure).rpartition(".")[2]
    for key, field in type(figure).model_fields.items():
        kind = KINDS.get(key)
        value = getattr(figure, key)
        is_read = kind == "metric" and "spectra" in figure.tables
        if kind is None or value == field.default or is_read:
            continue
        for name in _names(value):
            if name not in known[kind]:
                there = ", ".join(known[kind]) or "none"
                listed = " (comparison.spectra_metrics)" if kind == "metric" else ""
                raise ValueError(
                    f"{source}: {key}: there is no {kind} {name!r} in the study{listed}; there are"
                    f" {there}"
                )


def _names(value: Any) -> Iterator[str]:
    """Give the names in an option: one, some, or pairs of them."""
    if isinstance(value, str):
        yield value
    else:
        for part in value or ():
            yield from _names(part)
