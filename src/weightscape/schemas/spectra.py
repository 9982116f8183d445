"""What the spectrum of a layer matrix says, a row per layer matrix and stage."""

import pyarrow as pa

from weightscape.schemas.identifiers import LAYER, RUN
from weightscape.table import define, field

_WW = "WeightWatcher 0.7.7"
_CSN = "Clauset, Shalizi & Newman 2009, doi:10.1137/070710111; powerlaw 1.5"
_LR = "Vuong 1989, doi:10.2307/1912557; powerlaw 1.5, distribution_compare"
_ANGLES = "Björck & Golub 1973, doi:10.2307/2005662"
_MP = "Marchenko & Pastur 1967; fit as in WeightWatcher 0.7.7"


def _count(name: str, description: str, source: str = _WW) -> pa.Field:
    return field(name, pa.int32(), description, source=source, nullable=True)


def _real(name: str, description: str, source: str = _WW, unit: str = "") -> pa.Field:
    return field(name, pa.float64(), description, source=source, unit=unit, nullable=True)


METRICS = (
    _real("alpha", "Exponent of the power law fitted to the upper tail of the eigenvalues.", _CSN),
    _real("D", "Kolmogorov–Smirnov distance between the tail and its power law.", _CSN),
    _real("sigma", "Standard error of alpha, (alpha − 1)/√num_pl_spikes.", _CSN),
    _real(
        "xmin", "Smallest eigenvalue of the tail: the one that minimises D.", _CSN, "squared weight"
    ),
    _real("xmax", "Largest eigenvalue of the tail.", _WW, "squared weight"),
    _count("num_pl_spikes", "Number of eigenvalues in the tail."),
    _real("alpha_weighted", "alpha · log10 of the largest eigenvalue."),
    _real("log_alpha_norm", "log10 of the sum of the eigenvalues to the power alpha."),
    _real("norm", "Squared Frobenius norm: the sum of the eigenvalues.", _WW, "squared weight"),
    _real("log_norm", "log10 of norm."),
    _real("spectral_norm", "Squared spectral norm: the largest eigenvalue.", _WW, "squared weight"),
    _real("log_spectral_norm", "log10 of spectral_norm."),
    _real("stable_rank", "norm / spectral_norm."),
    _real(
        "effective_rank",
        "exp of the Shannon entropy of the singular values, normalised to sum one.",
        "Roy & Vetterli 2007, EUSIPCO",
    ),
    _real(
        "entropy",
        "Shannon entropy of the normalised eigenvalues over the log of matrix_rank,"
        " with WeightWatcher's 1e-10 added as it does on a CPU.",
    ),
    _count("matrix_rank", "Number of singular values above the numerical zero, over all slices."),
    _real(
        "sigma_mp",
        "Scale of the Marchenko–Pastur law fitted to the bulk of the eigenvalues"
        " rescaled to mean one.",
        _MP,
    ),
    _real(
        "bulk_min",
        "Lower edge of the fitted bulk, in the scale of the eigenvalues.",
        _MP,
        "squared weight",
    ),
    _real(
        "bulk_max",
        "Upper edge of the fitted bulk, in the scale of the eigenvalues.",
        _MP,
        "squared weight",
    ),
    _count(
        "num_spikes", "Number of eigenvalues above the bulk's edge and its Tracy–Widom margin.", _MP
    ),
    _real("mp_softrank", "bulk_max / spectral_norm.", _MP),
    _real(
        "alpha_low",
        "Lower end of the 95 % interval of alpha: log-normal about alpha − 1, with the standard"
        " deviation over bootstrap fits, xmin included, and no less than 1/√num_pl_spikes.",
        "Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 13",
    ),
    _real("alpha_high", "Upper end of the 95 % interval of alpha.", "as alpha_low"),
    _real(
        "pl_p_value",
        "Goodness of fit of the power law: share of synthetic samples that are no closer to"
        " theirs; below 0.1 the power law is ruled out.",
        "Clauset, Shalizi & Newman 2009, section 4.1, doi:10.1137/070710111",
    ),
    _real(
        "lr_lognormal",
        "Normalised log-likelihood ratio of the power law to a log-normal tail; positive where the"
        " power law is likelier, 0 where no log-normal is likelier than its limit, the power law.",
        _LR,
    ),
    _real("lr_lognormal_p", "Two-sided p-value of lr_lognormal.", _LR),
    _real(
        "lr_exponential",
        "Normalised log-likelihood ratio of the power law to an exponential tail; positive where"
        " the power law is likelier.",
        _LR,
    ),
    _real("lr_exponential_p", "Two-sided p-value of lr_exponential.", _LR),
    _real(
        "rand_distance",
        "Jensen–Shannon distance of the sorted eigenvalues, as shares of their sum, to those of"
        " the null (shuffled entries, or Gaussian ones), mean over its replicas.",
    ),
    _real("null_max", "Largest eigenvalue of the null's replicas.", "", "squared weight"),
    _count("num_above_null", "Number of eigenvalues above null_max.", ""),
    _real("null_alpha", "alpha of the null, median over its replicas.", ""),
    _real("null_alpha_low", "alpha of the null, the smallest of its replicas.", ""),
    _real("null_num_spikes", "num_spikes of the null, mean over its replicas."),
    field(
        "trusted",
        pa.bool_(),
        "Whether alpha can be trusted: at least 50 eigenvalues in the tail, 1.5 < alpha ≤ 6,"
        " alpha_high below null_alpha_low, at least 5 eigenvalues above null_max, and pl_p_value"
        " at least 0.1 if it is computed. Missing where there is no alpha or no null.",
        nullable=True,
    ),
    field(
        "trusted_reason",
        pa.string(),
        "Why alpha cannot be trusted; empty where it can, missing where the status is `failed`.",
        nullable=True,
    ),
    _real(
        "log_spectrum_distance",
        "Wasserstein-1 distance of the distributions of log10 eigenvalues, fine-tuned and initial;"
        " of the stage finetuned only.",
        "Kantorovich 1942; scipy.stats.wasserstein_distance",
        "decades",
    ),
    _real(
        "subspace_left",
        "Mean squared cosine of the principal angles between the leading left singular subspaces"
        " of the fine-tuned and the initial matrix, a convolution's unfolded; of the stage"
        " finetuned only.",
        _ANGLES,
    ),
    _real("subspace_right", "The same of the right singular subspaces.", _ANGLES),
)
"""The columns that a fit gives.

Each is missing where it is not defined, see `status`, or where the config has switched it off.
"""

SCHEMA = define(
    "spectra",
    2,
    "Spectral quantities of every layer matrix, of initial and fine-tuned weights and of their"
    " difference.",
    [
        *RUN,
        field("stage", pa.string(), "Which weights: init, finetuned, or delta (their difference)."),
        *LAYER,
        field("layer_type", pa.string(), "Kind of the operator.", source=_WW),
        _count("N", "Larger side of the matrix; missing where the parameter is no layer matrix."),
        _count("M", "Smaller side of the matrix."),
        _count("rf", "Receptive field: the number of slices whose eigenvalues are pooled."),
        _real("Q", "Aspect ratio N/M; missing where M is 0."),
        _count("num_evals", "Number of eigenvalues, M · rf."),
        *METRICS,
        field(
            "status",
            pa.string(),
            "`ok`; `partial` where a fit is not possible and its columns"
            " are missing; `failed` where the matrix cannot be analysed and all are.",
        ),
        field("reason", pa.string(), "Why the status is not `ok`; empty otherwise."),
    ],
)
