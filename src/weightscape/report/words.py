"""How the report writes numbers and names."""

import math
import re
from collections.abc import Sequence

MISSING = "–"
"""What stands in the place of a number that there is none of."""


def number(value: float | None, digits: int = 3) -> str:
    """Return `value` with so many significant digits, and a true minus sign."""
    if value is None or not math.isfinite(value):
        return MISSING
    return _minus(f"{value:.{digits}g}")


def signed(value: float | None, digits: int = 2) -> str:
    """Return `value` with a sign and so many decimals; no sign where it rounds to zero."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:+.{digits}f}"
    return _minus(text) if float(text) else text[1:]


def decimals(value: float | None, digits: int = 2) -> str:
    """Return `value` with so many decimals."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:.{digits}f}"
    return _minus(text if float(text) else text.lstrip("-"))


def points(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return signed(100 * share, 1)


def percent(share: float | None) -> str:
    """Return a share in percent, without decimals."""
    if share is None or not math.isfinite(share):
        return "an unknown share"
    return f"{_minus(f'{100 * share:.0f}')} %"


def p_value(value: float | None) -> str:
    """Return a p-value to three decimals, or that it is smaller."""
    if value is None or not math.isfinite(value):
        return MISSING
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def plain(name: str) -> str:
    """Return the name of a metric, family or figure as words."""
    return re.sub(r"\bauroc\b", "AUROC", name.replace("_", " "))


def list_words(names: Sequence[str], most: int = 8) -> str:
    """Return `names` as ``a, b and c``; beyond `most` only their number."""
    names = list(names)
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def of_seeds(count: int) -> str:
    """Return ``one seed`` or ``3 seeds``."""
    return "one seed" if count == 1 else f"{count} seeds"


def _minus(text: str) -> str:
    return text.replace("-", "−")
