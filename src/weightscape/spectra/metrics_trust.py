"""Columns of the table `spectra`: whether alpha can be trusted."""

from weightscape.config.metric import Metric

TRUST = (
    Metric(
        "heavy",
        "Whether the spectrum has a long tail above what its entries give without order: at least "
        "50 eigenvalues in the tail and at least 5 above null_max. Missing where there is no alpha "
        "or no null.",
        compared=False,
        drawn=True,
        type="truth",
    ),
    Metric(
        "trusted",
        "Whether a power law has been shown, so that alpha is its exponent: at least 50 "
        "eigenvalues in the tail, 1.5 < alpha ≤ 6, tail_cv_low at least 0.86 and tail_cv_high at "
        "most 1.25, pl_p_value at least 0.1, lr_nested_p at least 0.05, and alpha_high below "
        "null_alpha_low. Missing where there is no alpha, or one of these is not computed.",
        compared=False,
        drawn=True,
        type="truth",
    ),
    Metric(
        "trusted_reason",
        "Why no power law has been shown; empty where it has, missing where the status is "
        "`failed`.",
        compared=False,
        type="text",
    ),
)
