"""Columns of the table `spectra`: the spectrum against that of entries without order."""

from weightscape.config.metric import Metric

_WW = "WeightWatcher 0.7.7"

NULL = (
    Metric(
        "null_distance",
        "Jensen–Shannon distance of the sorted eigenvalues, as shares of their sum, to those "
        "of the null (its entries as the config's `null` says), mean over its replicas.",
    ),
    Metric(
        "rand_distance",
        "null_distance where the null is the entries shuffled within each slice, as "
        "WeightWatcher's is; missing where it is another.",
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
)
