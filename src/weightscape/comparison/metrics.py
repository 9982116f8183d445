"""The registry of metrics: every quantity that is compared, drawn or claimed, by its name.

What a metric is, is said beside what makes it: in `weightscape.spectra.metrics`, in
`weightscape.scoring.metrics`, and by every measurement. Planning asks here too, so that nothing
heavy is imported.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Literal, NamedTuple

from weightscape.config.claims import Part
from weightscape.config.measurement import Measurement
from weightscape.config.metric import Metric
from weightscape.config.plugins import find_plugin, plugin_names
from weightscape.config.score import WORDS
from weightscape.scoring.metrics import METRICS as SCORES
from weightscape.spectra.metrics import METRICS as OF_SPECTRA
from weightscape.spectra.metrics import SHAPE

Table = Literal["spectra", "scores", "measurements"]

Derived = Literal["", "shifted_", "_gap"]

SHIFTED: Literal["shifted_"] = "shifted_"
"""Before a metric's name: its mean over all shifts."""

GAP: Literal["_gap"] = "_gap"
"""Behind a metric's name: on the test set, minus the mean over all shifts."""


NO_PROFILE = {"scores": "a score", "measurements": "a measurement"}
"""What has no profile over the layers that a likeness could be asked of."""


class Declared(NamedTuple):
    """A metric, the table that has it, and the module that declares it."""

    metric: Metric
    table: Table
    module: str


def find_metric(name: str) -> Metric | None:
    """Return the metric of this name; None where no module declares one."""
    declared = _declared().get(name)
    return declared.metric if declared else None


def find_table(name: str) -> Table | None:
    """Return the table that has the metric of this name; None where no module declares one.

    What is derived of it, `shifted_…` and `…_gap`, is in the same.
    """
    declared = _declared().get(split_name(name)[0])
    return declared.table if declared else None


def metrics_of(table: Table) -> tuple[Metric, ...]:
    """Return the metrics of a table, in the order in which they are declared."""
    return tuple(each.metric for each in _declared().values() if each.table == table)


def split_name(name: str) -> tuple[str, Derived]:
    """Return the metric that a name is about, and what is derived of it.

    A name that is declared stands for itself: `class_accuracy_gap` is no gap of
    `class_accuracy`.
    """
    if name in _declared():
        return name, ""
    if name.startswith(SHIFTED):
        return name.removeprefix(SHIFTED), SHIFTED
    if name.endswith(GAP):
        return name.removesuffix(GAP), GAP
    return name, ""


def label_of(name: str) -> str:
    """Return words or mathtext for a metric; its name with spaces where it declares no label."""
    base, derived = split_name(name)
    if base in WORDS:
        word = WORDS[base]
        return {"": f"test {word}", SHIFTED: f"shifted {word}", GAP: f"{word} gap"}[derived]
    metric = find_metric(base)
    if metric is None:
        return name.replace("_", " ")
    words = metric.label or base.replace("_", " ")
    return {"": words, SHIFTED: f"shifted {words}", GAP: f"{words} gap"}[derived]


def check_metrics(
    names: Iterable[str],
    where: str,
    table: Table | None = None,
    measured: Sequence[str] | None = None,
) -> None:
    """Refuse names of what cannot be compared.

    Parameters
    ----------
    names : iterable of str
        Names of metrics; without a `table` also of what is derived of them.
    where : str
        The key of the config that they stand under, for the message.
    table : {"spectra", "scores", "measurements"}, optional
        The table that must have them.
    measured : sequence of str, optional
        The metrics that a study measures; others of the measurements are refused.

    Raises
    ------
    ValueError
        With the first name that is none, and the names that there are.
    """
    known = [*comparable_metrics(table, measured)]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{where}: {name!r} is no metric to compare; {hint}there are {', '.join(known)}"
            )


def check_part(part: Part, where: str, measured: Sequence[str] | None = None) -> None:
    """Refuse a part of a claim on what cannot be compared, or not in that way.

    Raises
    ------
    ValueError
        As `check_metrics` does; and where a likeness over layers, or a share of the own change of
        weights, is asked of what has no layers.
    """
    check_metrics(part.metrics, where, measured=measured)
    lost = [name for name in part.metrics if find_table(name) != "spectra"]
    if part.to == "own_change" and lost:
        what = NO_PROFILE[find_table(lost[0]) or "scores"]
        raise ValueError(
            f"{where}.to: own_change is of weights, and {lost[0]} is {what}; name a group whose"
            " effect the share is of, or give a margin"
        )
    if part.test == "order" and part.like is not None:
        for name in part.metrics:
            if (table := find_table(name)) in NO_PROFILE:
                what = NO_PROFILE[table]
                raise ValueError(f"{where}: {what} has no profile over layers; leave out `like`")


def assemble(groups: Iterable[tuple[Table, str, Iterable[Metric]]]) -> dict[str, Declared]:
    """Return metrics by their names.

    Parameters
    ----------
    groups : iterable of (table, module, metrics)
        What the modules declare.

    Raises
    ------
    ValueError
        If two declare one name; the message has both modules.
    """
    found: dict[str, Declared] = {}
    for table, module, metrics in groups:
        for metric in metrics:
            if other := found.get(metric.name):
                raise ValueError(
                    f"the metric {metric.name!r} is declared in {other.module} and in {module};"
                    " rename one"
                )
            found[metric.name] = Declared(metric, table, module)
    return found


def comparable_metrics(
    table: Table | None = None, measured: Sequence[str] | None = None
) -> Iterator[str]:
    """Yield the names that can be compared, see `check_metrics`."""
    for name, (metric, of, _) in _declared().items():
        if not metric.compared or (table is not None and of != table):
            continue
        if of == "measurements" and measured is not None and name not in measured:
            continue
        yield name
        # What is on test sets may be derived of; of accuracies alone, the gap has a meaning.
        if table is None and of != "spectra":
            yield f"{SHIFTED}{name}"
        if table is None and name == "accuracy":
            yield f"{name}{GAP}"


@cache
def _declared() -> Mapping[str, Declared]:
    groups: list[tuple[Table, str, Iterable[Metric]]] = [
        ("spectra", "weightscape.spectra.metrics", (*SHAPE, *OF_SPECTRA)),
        ("scores", "weightscape.scoring.metrics", SCORES),
    ]
    for name in plugin_names(Measurement):
        plugin = find_plugin(Measurement, name)
        groups.append(("measurements", plugin.__module__, plugin.metrics))
    return assemble(groups)
