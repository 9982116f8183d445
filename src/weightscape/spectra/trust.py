"""The rule that says whether an alpha means anything."""

from collections.abc import Mapping
from typing import Any

MIN_TAIL = 50
"""Fewest eigenvalues in a trusted tail.

Clauset, Shalizi and Newman 2009 (doi:10.1137/070710111) call 50 a reasonable rule of thumb for
estimates that can be relied on; the standard error of alpha − 1 is then 14 %.
"""
ALPHA_LOW, ALPHA_HIGH = 1.5, 6.0
"""Exponents between which a tail is called heavy.

Above 6 a tail has lost half of its values within 15 % of xmin: it is an edge, as noise has one,
and WeightWatcher warns of it too. Below 1.5 it spans so many decades that it is the decay of a
matrix of low rank rather than a tail.
"""
MIN_P = 0.1
"""Smallest p-value of a power law that is not ruled out, that of Clauset, Shalizi and Newman."""
MIN_ABOVE_NULL = 5
"""Fewest eigenvalues above all of the null's.

The edge of a random spectrum fluctuates by about the distance between its last eigenvalues, so
that one or two of them may pass another matrix's edge by chance, but hardly five.
"""


def trust(columns: Mapping[str, Any]) -> tuple[bool | None, str]:
    """Say whether an alpha can be trusted, and if not why.

    It can where all of this holds:

    1. the tail has at least `MIN_TAIL` eigenvalues;
    2. `ALPHA_LOW` < alpha ≤ `ALPHA_HIGH`;
    3. the upper end of its interval is below every alpha of the null (alpha itself, if there is
       no interval): noise of the same entries does not fall off as slowly;
    4. at least `MIN_ABOVE_NULL` eigenvalues are above every eigenvalue of the null: there is a
       tail beyond what noise reaches;
    5. the p-value of the power law is at least `MIN_P`, where it is computed.

    Parameters
    ----------
    columns : mapping
        Columns of the table `spectra`.

    Returns
    -------
    trusted : bool or None
        None where there is no alpha or no null.
    reason : str
        Why not; empty where it can be trusted.
    """
    if columns["alpha"] is None:
        return None, "there is no alpha"
    if columns["null_max"] is None:
        return None, "there is no null to compare with"
    alpha, high, null = columns["alpha"], columns["alpha_high"], columns["null_alpha_low"]
    p = columns["pl_p_value"]
    high = alpha if high is None else high
    reasons = []
    if columns["num_pl_spikes"] < MIN_TAIL:
        reasons.append(f"the tail has fewer than {MIN_TAIL} eigenvalues")
    if alpha > ALPHA_HIGH:
        reasons.append(f"alpha is above {ALPHA_HIGH:g}")
    if alpha <= ALPHA_LOW:
        reasons.append(f"alpha is not above {ALPHA_LOW:g}")
    if null is not None and high >= null:
        reasons.append("alpha is not clearly below the null's")
    if columns["num_above_null"] < MIN_ABOVE_NULL:
        reasons.append(f"fewer than {MIN_ABOVE_NULL} eigenvalues are above the null's")
    if p is not None and p < MIN_P:
        reasons.append(f"the p-value of the power law is below {MIN_P:g}")
    return not reasons, "; ".join(reasons)
