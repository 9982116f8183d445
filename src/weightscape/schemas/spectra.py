"""What the spectrum of a layer matrix says, a row per layer matrix and stage."""

import pyarrow as pa

from weightscape.schemas.identifiers import LAYER, RUN
from weightscape.table import define, field

_WW = "WeightWatcher 0.7.7"
_CSN = "Clauset, Shalizi & Newman 2009, doi:10.1137/070710111; powerlaw 1.5"
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
)
"""The columns that a fit gives; each is missing where it is not defined, see `status`."""

SCHEMA = define(
    "spectra",
    1,
    "Spectral quantities of every layer matrix, of initial and fine-tuned weights and of their"
    " difference.",
    [
        *RUN,
        field("stage", pa.string(), "Which weights: init, finetuned, or delta (their difference)."),
        *LAYER,
        field("layer_type", pa.string(), "Kind of the operator.", source=_WW),
        field("N", pa.int32(), "Larger side of the matrix.", source=_WW),
        field("M", pa.int32(), "Smaller side of the matrix.", source=_WW),
        field(
            "rf",
            pa.int32(),
            "Receptive field: the number of slices whose eigenvalues are pooled.",
            source=_WW,
        ),
        field("Q", pa.float64(), "Aspect ratio N/M.", source=_WW),
        field("num_evals", pa.int32(), "Number of eigenvalues, M · rf.", source=_WW),
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
