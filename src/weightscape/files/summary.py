"""What a terminal says of the rows of a checkpoint."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from weightscape.files.terminal import printable
from weightscape.layers.roles import ROLES

_HEADER = (
    f"  {'role':<12}{'layers':>7}{'alpha':>8}{'stable rank':>13}{'spikes':>8}"
    f"{'heavy':>7}{'trusted':>9}"
)
_HEADING = "medians; spikes; layers with a heavy tail, and with a trusted alpha"
_TITLES = {"finetuned": "weights", "delta": "change from the base"}
_SHOWN = 10  # reasons


def summary(rows: Sequence[dict[str, Any]], seconds: float) -> str:
    """Return a page on one checkpoint: its layers by role, and why others are not among them.

    Of convolutions in two forms it is the pooled one that is told of.

    Parameters
    ----------
    rows : sequence of dict
        Rows of `checkpoint_spectra` that `analyse_checkpoints` has given together.
    seconds : float
        How long they took.
    """
    about_files = [row for row in rows if not (row["parameter"] or row["role"])]
    lines = _reasons(about_files, "checkpoint")
    if len(about_files) < len(rows):
        if any(row["form"] == "pooled" for row in rows):
            rows = [row for row in rows if row["form"] != "unfolded"]
        count = Counter(row["status"] for row in rows if row["role"])
        counts = ", ".join(f"{count[status]} {status}" for status in ("ok", "partial", "failed"))
        name = " ".join(filter(None, (rows[0]["checkpoint"], rows[0]["weight_set"])))
        lines = [f"{printable(name)}: {counts} in {seconds:.1f} s", *lines]
        for stage, title in _TITLES.items():
            of_stage = [row for row in rows if row["stage"] == stage and row["N"] is not None]
            if of_stage:
                lines += [f"  {title}: {_HEADING}", _HEADER, *_by_role(of_stage)]
        change = [row for row in rows if row["stage"] == "delta" and row["role"]]
        if change and all(row["norm"] == 0 for row in change):
            lines.append("  every layer is as it is in the base")
        bad = [row for row in rows if row["role"] and row["status"] != "ok"]
        skipped = [row for row in rows if row["parameter"] and row["status"] == "skipped"]
        lines += _reasons(bad, "layer") + _reasons(skipped, "parameter")
    return "\n".join(printable(line) for line in lines) + "\n"


def summarise_all(rows: Iterable[dict[str, Any]]) -> str:
    """Return a line on how much of all checkpoints has been analysed."""
    count = Counter(row["status"] for row in rows)
    analysed = count["ok"] + count["partial"]
    return (
        f"{analysed} rows analysed, {count['skipped']} skipped; "
        f"{count['failed']} of {count.total()} rows failed"
    )


def _by_role(rows: Iterable[dict[str, Any]]) -> list[str]:
    of_role: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_role.setdefault(row["role"], []).append(row)
    return [
        f"  {role:<12}{len(part):>7}{_median(part, 'alpha'):>8}"
        f"{_median(part, 'stable_rank'):>13}{_sum(part, 'num_spikes'):>8}{_sum(part, 'heavy'):>7}"
        f"{_sum(part, 'trusted'):>9}"
        for role, part in sorted(of_role.items(), key=lambda item: ROLES.index(item[0]))
    ]


def _median(rows: Iterable[dict[str, Any]], name: str) -> str:
    values = [row[name] for row in rows if row[name] is not None]
    return f"{median(values):.2f}" if values else "-"


def _sum(rows: Iterable[dict[str, Any]], name: str) -> str:
    values = [row[name] for row in rows if row[name] is not None]
    return str(sum(values)) if values else "-"


def _reasons(rows: Iterable[dict[str, Any]], name: str) -> list[str]:
    """Return a line per status and reason, the commonest first, with the first of its names."""
    of_reason: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        of_reason.setdefault((row["status"], row["reason"]), []).append(row[name])
    ordered = sorted(of_reason.items(), key=lambda item: (item[0][0], -len(item[1])))
    lines = []
    for (status, reason), names in ordered[:_SHOWN]:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        # What is said of a file that cannot be read names it already.
        who = "" if reason.startswith(f"{names[0]}:") else f" {printable(names[0], 200)}{more}"
        lines.append(f"  {status}{who}: {reason}".replace("failed: ", "failed "))
    if len(ordered) > _SHOWN:
        lines.append(f"  and {len(ordered) - _SHOWN} more reasons, which the table has")
    return lines
