"""The columns of the table `spectra` that say something of a layer matrix."""

from weightscape.config.metric import Metric

_WW = "WeightWatcher 0.7.7"
_CSN = "Clauset, Shalizi & Newman 2009, doi:10.1137/070710111; powerlaw 1.5"
_LR = "Vuong 1989, doi:10.2307/1912557; powerlaw 1.5, distribution_compare"
_ANGLES = "Björck & Golub 1973, doi:10.2307/2005662"
_MP = "Marchenko & Pastur 1967; fit as in WeightWatcher 0.7.7"

SHAPE = (
    Metric(
        "N",
        "Larger side of the matrix; missing where the parameter is no layer matrix.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "M",
        "Smaller side of the matrix.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "rf",
        "Receptive field: the number of slices whose eigenvalues are pooled.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "Q",
        "Aspect ratio N/M; missing where M is 0.",
        source=_WW,
        compared=False,
        drawn=True,
    ),
    Metric(
        "num_evals",
        "Number of eigenvalues, M · rf.",
        source=_WW,
        compared=False,
        drawn=True,
        type="count",
    ),
)
"""What its shape says; missing where it has none."""

METRICS = (
    Metric(
        "alpha",
        "Exponent of the power law fitted to the upper tail of the eigenvalues.",
        source=_CSN,
        label=r"$\alpha$",
        of_tail=True,
        drawn=True,
    ),
    Metric(
        "D",
        "Kolmogorov–Smirnov distance between the tail and its power law.",
        source=_CSN,
        compared=False,
    ),
    Metric(
        "sigma",
        "Standard error of alpha, (alpha − 1)/√num_pl_spikes.",
        source=_CSN,
        compared=False,
    ),
    Metric(
        "xmin",
        "Smallest eigenvalue of the tail: the one that minimises D.",
        unit="squared weight",
        source=_CSN,
        compared=False,
        drawn=True,
    ),
    Metric(
        "xmax",
        "Largest eigenvalue of the tail.",
        unit="squared weight",
        source=_WW,
        compared=False,
        drawn=True,
    ),
    Metric(
        "num_pl_spikes",
        "Number of eigenvalues in the tail.",
        source=_WW,
        of_tail=True,
        drawn=True,
        type="count",
    ),
    Metric(
        "alpha_weighted",
        "alpha · log10 of the largest eigenvalue.",
        source=_WW,
        label=r"$\hat\alpha$",
        of_tail=True,
    ),
    Metric(
        "log_alpha_norm",
        "log10 of the sum of the eigenvalues to the power alpha.",
        source=_WW,
        label=r"$\log_{10}\|W\|_\alpha^\alpha$",
        of_tail=True,
    ),
    Metric(
        "norm",
        "Squared Frobenius norm: the sum of the eigenvalues.",
        unit="squared weight",
        source=_WW,
        label=r"$\|W\|_F^2$",
        compared=False,
        drawn=True,
    ),
    Metric(
        "log_norm",
        "log10 of norm.",
        source=_WW,
        label=r"$\log_{10}\|W\|_F^2$",
    ),
    Metric(
        "spectral_norm",
        "Squared spectral norm: the largest eigenvalue.",
        unit="squared weight",
        source=_WW,
        label=r"$\|W\|_2^2$",
        compared=False,
    ),
    Metric(
        "log_spectral_norm",
        "log10 of spectral_norm.",
        source=_WW,
        label=r"$\log_{10}\|W\|_2^2$",
    ),
    Metric(
        "stable_rank",
        "norm / spectral_norm.",
        source=_WW,
    ),
    Metric(
        "effective_rank",
        "exp of the Shannon entropy of the singular values, normalised to sum one.",
        source="Roy & Vetterli 2007, EUSIPCO",
    ),
    Metric(
        "entropy",
        "Shannon entropy of the normalised eigenvalues over the log of matrix_rank, with "
        "WeightWatcher's 1e-10 added as it does on a CPU.",
        source=_WW,
    ),
    Metric(
        "matrix_rank",
        "Number of singular values above the numerical zero, over all slices.",
        source=_WW,
        type="count",
    ),
    Metric(
        "sigma_mp",
        "Scale of the Marchenko–Pastur law fitted to the bulk of the eigenvalues rescaled to "
        "mean one.",
        source=_MP,
        compared=False,
        drawn=True,
    ),
    Metric(
        "bulk_min",
        "Lower edge of the fitted bulk, in the scale of the eigenvalues.",
        unit="squared weight",
        source=_MP,
        compared=False,
    ),
    Metric(
        "bulk_max",
        "Upper edge of the fitted bulk, in the scale of the eigenvalues.",
        unit="squared weight",
        source=_MP,
        compared=False,
    ),
    Metric(
        "num_spikes",
        "Number of eigenvalues above the bulk's edge and its Tracy–Widom margin.",
        source=_MP,
        drawn=True,
        type="count",
    ),
    Metric(
        "mp_softrank",
        "bulk_max / spectral_norm.",
        source=_MP,
        label="MP soft rank",
    ),
    Metric(
        "alpha_low",
        "Lower end of the 95 % interval of alpha: log-normal about alpha − 1, with the "
        "standard deviation over bootstrap fits, xmin included, and no less than "
        "1/√num_pl_spikes.",
        source="Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13",
        compared=False,
        drawn=True,
    ),
    Metric(
        "alpha_high",
        "Upper end of the 95 % interval of alpha.",
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
        "rand_distance",
        "Jensen–Shannon distance of the sorted eigenvalues, as shares of their sum, to those "
        "of the null (shuffled entries, or Gaussian ones), mean over its replicas.",
        source=_WW,
    ),
    Metric(
        "null_max",
        "Largest eigenvalue of the null's replicas.",
        unit="squared weight",
        compared=False,
        drawn=True,
    ),
    Metric(
        "num_above_null",
        "Number of eigenvalues above null_max.",
        type="count",
    ),
    Metric(
        "null_alpha",
        "alpha of the null, median over its replicas.",
        compared=False,
    ),
    Metric(
        "null_alpha_low",
        "alpha of the null, the smallest of its replicas.",
        compared=False,
    ),
    Metric(
        "null_num_spikes",
        "num_spikes of the null, mean over its replicas.",
        source=_WW,
        compared=False,
    ),
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
    Metric(
        "log_spectrum_distance",
        "Wasserstein-1 distance of the distributions of log10 eigenvalues, fine-tuned and "
        "initial; of the stage finetuned only.",
        unit="decades",
        source="Kantorovich 1942; scipy.stats.wasserstein_distance",
    ),
    Metric(
        "subspace_left",
        "Mean squared cosine of the principal angles between the leading left singular "
        "subspaces of the fine-tuned and the initial matrix, a convolution's unfolded; of the "
        "stage finetuned only.",
        source=_ANGLES,
    ),
    Metric(
        "subspace_right",
        "The same of the right singular subspaces.",
        source=_ANGLES,
    ),
)
"""What a fit gives.

Each is missing where it is not defined, see `status`, or where the config has switched it off.
"""
