"""Columns of the table `spectra`: how sure alpha is, and the power law against other laws."""

from weightscape.config.metric import Metric

_LR = "Vuong 1989, doi:10.2307/1912557; powerlaw 1.5, distribution_compare"
_TPL = (
    "Clauset, Shalizi & Newman 2009, table 2.1, doi:10.1137/070710111; powerlaw 1.5, "
    "truncated_power_law; Lambda is WeightWatcher 0.7.7's name"
)

FIT = (
    Metric(
        "alpha_low",
        "Lower end of the 95 % interval of the exponent at the tail's end: log-normal about "
        "alpha − 1, with the standard deviation over bootstrap fits, xmin included, and no less "
        "than 1/√num_pl_spikes, and wide enough for that of the tail's upper quarter alone.",
        source="Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13",
        compared=False,
        drawn=True,
    ),
    Metric(
        "alpha_high",
        "Upper end of that interval.",
        source="as alpha_low",
        compared=False,
        drawn=True,
    ),
    Metric(
        "pl_p_value",
        "Goodness of fit of the power law: share of synthetic samples that are no closer to "
        "theirs; below 0.1 the power law is ruled out.",
        source="Clauset, Shalizi & Newman 2009, section 4.1, doi:10.1137/070710111",
        compared=False,
    ),
    Metric(
        "tail_cv",
        "Coefficient of variation of the steps ln(λ/xmin) of the tail: 1 under a power law of any "
        "exponent, below 1 where the tail thins out faster and faster.",
        source="Castillo, Daoudi & Lockhart 2014, doi:10.1111/sjos.12037",
        compared=False,
        of_tail=True,
    ),
    Metric(
        "tail_cv_low",
        "Lower end of the 90 % interval of tail_cv: log-normal, with the standard deviation over "
        "the bootstrap fits of alpha_low, and no less than 1/√num_pl_spikes.",
        source="as tail_cv",
        compared=False,
    ),
    Metric(
        "tail_cv_high",
        "Upper end of the 90 % interval of tail_cv.",
        source="as tail_cv",
        compared=False,
    ),
    Metric(
        "lr_nested",
        "Twice the log-likelihood ratio of the likeliest log-normal tail to the power law, which "
        "is its limit; 0 where no log-normal is likelier.",
        source="Malevergne, Pisarenko & Sornette 2011, doi:10.1103/PhysRevE.83.036111",
        compared=False,
    ),
    Metric(
        "lr_nested_p",
        "Its p-value under the power law: share of the synthetic samples of pl_p_value on which a "
        "log-normal tail gains as much.",
        source="as lr_nested",
        compared=False,
    ),
    Metric(
        "lr_lognormal",
        "Normalised log-likelihood ratio of the power law to a log-normal tail; positive "
        "where the power law is likelier, 0 where no log-normal is likelier than its limit, "
        "the power law.",
        source=_LR,
        compared=False,
    ),
    Metric(
        "lr_lognormal_p",
        "Two-sided p-value of lr_lognormal.",
        source=_LR,
        compared=False,
    ),
    Metric(
        "lr_exponential",
        "Normalised log-likelihood ratio of the power law to an exponential tail; positive "
        "where the power law is likelier.",
        source=_LR,
        compared=False,
    ),
    Metric(
        "lr_exponential_p",
        "Two-sided p-value of lr_exponential.",
        source=_LR,
        compared=False,
    ),
    Metric(
        "alpha_tpl",
        "Exponent of the tail's power law with an exponential cut-off, "
        "λ^(−alpha_tpl)·exp(−Lambda·λ) from xmin on; equal to alpha where Lambda is 0, and 1 or "
        "less where the cut-off shapes the whole tail. Missing where it does not converge.",
        source=_TPL,
        compared=False,
        of_tail=True,
    ),
    Metric(
        "Lambda",
        "Rate of that cut-off: 0 where no cut-off is likelier than none.",
        unit="1 / squared weight",
        source=_TPL,
        compared=False,
        of_tail=True,
    ),
    Metric(
        "lr_truncated",
        "Twice the log-likelihood ratio of the power law with the cut-off to the one without; 0 "
        "where Lambda is.",
        source=_TPL,
        compared=False,
        of_tail=True,
    ),
)
