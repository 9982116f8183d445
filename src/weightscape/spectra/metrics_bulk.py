"""Columns of the table `spectra`: the bulk, by the Marchenko–Pastur law."""

from weightscape.config.metric import Metric

_MP = "Marchenko & Pastur 1967; fit as in WeightWatcher 0.7.7"

BULK = (
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
)
