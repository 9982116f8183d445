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
    Metric(
        "robust_bulk_max",
        "Upper edge of the bulk, the largest one of the slices, each with the variance that the "
        "median of its eigenvalues below the spikes has, in the scale of the eigenvalues; missing "
        "where half of a slice's or more are spikes or zero.",
        unit="squared weight",
        source="Gavish & Donoho 2014, arXiv:1305.5870, iterated",
        compared=False,
    ),
    Metric(
        "num_robust_spikes",
        "Number of eigenvalues above the robust edge of their own slice and its Tracy–Widom "
        "margin: noise of one variance within each slice has one in about 1 % of layers.",
        source="Gavish & Donoho 2014, arXiv:1305.5870, iterated",
        type="count",
    ),
    Metric(
        "num_tw_spikes",
        "Number of eigenvalues above the Tracy–Widom edge of noise of their own slice at a level "
        "of 5 % a layer, with the variance of what is below them: noise of one variance within "
        "each slice has one in 3 to 6 % of layers of sides from 64 on, and in 2 to 3 % below. "
        "Missing where num_robust_spikes is.",
        source="Kritchman & Nadler 2009, doi:10.1109/TSP.2009.2022897; Johnstone 2001, "
        "doi:10.1214/aos/1009210544",
        type="count",
    ),
    Metric(
        "num_equalized_spikes",
        "Number of eigenvalues above the Marchenko–Pastur edge and its Tracy–Widom margin after "
        "the noise of each slice's rows and columns is brought to one variance.",
        source="Landa & Kluger 2023, arXiv:2306.11263",
        type="count",
    ),
)
