"""Columns of the table `spectra`: size and rank."""

from weightscape.config.metric import Metric

_WW = "WeightWatcher 0.7.7"

NORMS = (
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
        "Number of singular values above WeightWatcher's numerical zero, and above what the type "
        "that the weights are stored in may have rounded; over all slices.",
        source=_WW,
        type="count",
    ),
)
