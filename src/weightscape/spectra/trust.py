"""The two words about a tail: whether it is heavy, and whether it is a power law."""

from collections.abc import Mapping
from typing import Any

MIN_TAIL = 50
"""Fewest eigenvalues in a tail that anything is said of.

Clauset, Shalizi and Newman 2009 (doi:10.1137/070710111) call 50 a reasonable rule of thumb for
estimates that can be relied on; the standard error of alpha − 1 is then 14 %.
"""
MIN_ABOVE_NULL = 5
"""Fewest eigenvalues above all of the null's.

The edge of a random spectrum fluctuates by about the distance between its last eigenvalues, so
that one or two of them may pass another matrix's edge by chance, but hardly five.
"""
ALPHA_LOW, ALPHA_HIGH = 1.5, 6.0
"""Exponents that a trusted power law may have.

Above 6 a tail has lost half of its values within 15 % of xmin: it is an edge, as noise has one,
and WeightWatcher warns of it too. Below 1.5 it spans so many decades that it is the decay of a
matrix of low rank rather than a tail.
"""
MIN_P = 0.1
"""Smallest p-value of a power law that is not ruled out, that of Clauset, Shalizi and Newman."""
MIN_NESTED_P = 0.05
"""Smallest p-value of what a log-normal tail gains on the power law.

Where the log-normal is likelier at this level, a power law is not what is shown.
"""
CV_LOW, CV_HIGH = 0.86, 1.25
"""Coefficients of variation of the steps ln(λ/xmin) that count as that of a power law, which is 1.

Fixed on a power calculation with independent eigenvalues (docs/spectra.md): of log-normal spectra
with 1024 values about 3 % pass, of power laws on half of 512 values two thirds. The upper limit is
the wider one, for laws that are mistaken for a power law thin out faster.
"""


def is_heavy(columns: Mapping[str, Any]) -> bool | None:
    """Say whether a spectrum has a long tail above what its entries give without order.

    That is: at least `MIN_TAIL` eigenvalues in the tail, and at least `MIN_ABOVE_NULL` above every
    eigenvalue of the null. Whatever law the tail follows, it is not the noise's.

    Parameters
    ----------
    columns : mapping
        Columns of the table `spectra`.

    Returns
    -------
    bool or None
        None where there is no alpha or no null.
    """
    if columns["alpha"] is None or columns["null_max"] is None:
        return None
    return bool(
        columns["num_pl_spikes"] >= MIN_TAIL and columns["num_above_null"] >= MIN_ABOVE_NULL
    )


def trust(columns: Mapping[str, Any]) -> tuple[bool | None, str]:
    """Say whether a power law has been shown, so that alpha is its exponent, and if not why.

    It has where all of this holds:

    1. the tail has at least `MIN_TAIL` eigenvalues, and `ALPHA_LOW` < alpha ≤ `ALPHA_HIGH`;
    2. the tail thins out as a power law does from its start to its end: the 90 % interval of the
       coefficient of variation of its steps lies between `CV_LOW` and `CV_HIGH`. This is an
       equivalence, two one-sided tests at 5 %: a short tail shows nothing;
    3. the p-value of the power law is at least `MIN_P`, and no log-normal tail is likelier: its
       p-value is at least `MIN_NESTED_P`;
    4. the upper end of alpha's interval is below every alpha of the null: entries without order do
       not thin out as slowly.

    Parameters
    ----------
    columns : mapping
        Columns of the table `spectra`.

    Returns
    -------
    trusted : bool or None
        None where there is no alpha, or what a point asks for is not computed.
    reason : str
        Why not; empty where it can be trusted.
    """
    if columns["alpha"] is None:
        return None, "there is no alpha"
    reasons = [reason for reason, holds in _obstacles(columns).items() if holds]
    needed = {
        "null_max": "a null to compare with (spectra.null_replicas)",
        "pl_p_value": "the p-value of the power law (spectra.goodness_of_fit)",
        "tail_cv_low": "how sure the tail's shape is (spectra.bootstrap)",
    }
    missing = [what for name, what in needed.items() if columns[name] is None]
    # A short tail shows nothing, whatever else is known of it.
    if missing and columns["num_pl_spikes"] >= MIN_TAIL:
        return None, f"there is not {' nor '.join(missing)}"
    return not reasons, "; ".join(reasons)


def _obstacles(columns: Mapping[str, Any]) -> dict[str, bool]:
    """Return for every reason against a power law whether it holds; what is missing is none."""
    alpha, p, nested_p = columns["alpha"], columns["pl_p_value"], columns["lr_nested_p"]
    high, null = columns["alpha_high"], columns["null_alpha_low"]
    low_cv, high_cv = columns["tail_cv_low"], columns["tail_cv_high"]
    return {
        f"the tail has fewer than {MIN_TAIL} eigenvalues": columns["num_pl_spikes"] < MIN_TAIL,
        f"alpha is above {ALPHA_HIGH:g}": alpha > ALPHA_HIGH,
        f"alpha is not above {ALPHA_LOW:g}": alpha <= ALPHA_LOW,
        "that the tail is a power law from start to end is not shown": (
            low_cv is not None and (low_cv < CV_LOW or high_cv > CV_HIGH)
        ),
        f"the p-value of the power law is below {MIN_P:g}": p is not None and p < MIN_P,
        "a log-normal tail is likelier": nested_p is not None and nested_p < MIN_NESTED_P,
        "alpha is not clearly below the null's": (
            high is not None and null is not None and high >= null
        ),
    }
