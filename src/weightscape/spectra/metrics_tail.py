"""Columns of the table `spectra`: the power law of the upper tail."""

from weightscape.config.metric import Metric

_WW = "WeightWatcher 0.7.7"
_CSN = "Clauset, Shalizi & Newman 2009, doi:10.1137/070710111; powerlaw 1.5"

TAIL = (
    Metric(
        "alpha",
        "Exponent of the power law fitted to the upper tail of the eigenvalues.",
        source=_CSN,
        label=r"$\alpha$",
        of_tail=True,
        drawn=True,
    ),
    Metric(
        "alpha_fixed_k",
        "Exponent of the k largest eigenvalues, k the number in the initial network's tail of this "
        "layer: alpha without the jumps of where its tail starts, to compare runs by. Of the "
        "stage init it is alpha. Missing of the stage delta, without an initial network, and where "
        "either has no alpha.",
        source="Hill 1975, doi:10.1214/aos/1176343247, with the convention of alpha",
        label=r"$\alpha_k$",
        of_tail=True,
    ),
    Metric(
        "alpha_hill",
        "Exponent of the upper half of the eigenvalues, those that are not zero.",
        source="Hill 1975; on the upper half as in AlphaPruning, arXiv:2410.10912",
        label=r"$\alpha_{1/2}$",
        of_tail=True,
    ),
    Metric(
        "alpha_farms",
        "Exponent of the upper half of the pooled eigenvalues of square sub-matrices: the same for "
        "noise of any aspect ratio. Missing unless it is asked for, and where eigenvalues are cut.",
        source="FARMS, Hu et al. 2025, arXiv:2506.06280",
        label=r"$\alpha_{\mathrm{FARMS}}$",
        of_tail=True,
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
        "detX_num",
        "Number of the largest eigenvalues that have, over the mean of all, the product one: from "
        "the largest one down, those before and at which it is first below. A start of the tail "
        "that asks for no power law. Missing where all are equal.",
        source=_WW,
        type="count",
    ),
    Metric(
        "detX_val",
        "Smallest of these eigenvalues.",
        unit="squared weight",
        source=_WW,
        compared=False,
    ),
    Metric(
        "detX_val_unrescaled",
        "The same over the mean of all eigenvalues; the name is WeightWatcher's.",
        source=_WW,
        compared=False,
    ),
    Metric(
        "ERG_gap",
        "detX_num − num_pl_spikes: 0 where the power law starts where the volume of the tail is "
        "one, which is where SETOL puts an ideal layer; with alpha near 2.",
        source="WeightWatcher 0.7.7; Martin & Hinrichs 2025, arXiv:2507.17912",
        of_tail=True,
    ),
)
