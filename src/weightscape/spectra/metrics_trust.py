"""Columns of the table `spectra`: whether alpha can be trusted."""

from weightscape.config.metric import Metric

TRUST = (
    Metric(
        "trusted",
        "Whether alpha can be trusted: at least 50 eigenvalues in the tail, 1.5 < alpha ≤ 6, "
        "alpha_high below null_alpha_low, at least 5 eigenvalues above null_max, and "
        "pl_p_value at least 0.1 if it is computed. Missing where there is no alpha or no "
        "null.",
        compared=False,
        drawn=True,
        type="truth",
    ),
    Metric(
        "trusted_reason",
        "Why alpha cannot be trusted; empty where it can, missing where the status is `failed`.",
        compared=False,
        type="text",
    ),
)
