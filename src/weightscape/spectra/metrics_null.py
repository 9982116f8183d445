"""Columns of the table `spectra`: the spectrum against that of entries without order."""

from weightscape.config.metric import Metric

_WW = "WeightWatcher 0.7.7"
_TRAPS = "after num_traps of WeightWatcher 0.7.7; edge: Johnstone 2001, doi:10.1214/aos/1009210544"

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
    Metric(
        "num_tw_traps",
        "Correlation traps: eigenvalues above the Tracy–Widom edge of noise, at a level of 5 % a "
        "layer, of a replica with random signs whose rows and columns are brought to one scale; "
        "they come from entries, or a row or column, far larger than the others. Missing unless "
        "it is asked for, and where the replica has no bulk. WeightWatcher's own count, num_traps, "
        "is null_num_spikes with the null `shuffle`.",
        source=_TRAPS,
        type="count",
    ),
    Metric(
        "trap_p_value",
        "How often noise has a largest eigenvalue like the replica's, over all slices.",
        source="Tracy & Widom 1996; Chiani 2014, arXiv:1209.3394",
        compared=False,
    ),
    Metric(
        "trap_ipr_left",
        "Inverse participation ratio Σu⁴ of the left singular vector of the likeliest trap: 1 for "
        "one row, 3 over the number of rows where all take part. Missing without a trap.",
        source="Bell & Dean 1970, doi:10.1039/DF9705000055",
        compared=False,
    ),
    Metric(
        "trap_ipr_right",
        "The same of the right one, for columns: a huge entry has both near 1, a strong row the "
        "left one alone, a strong column the right one.",
        source="as trap_ipr_left",
        compared=False,
    ),
    Metric(
        "trap_row",
        "Row, counted from 0, of the largest entry of that left singular vector.",
        compared=False,
        type="count",
    ),
    Metric(
        "trap_col",
        "Column of the largest entry of the right one; of a convolution in its kernel position.",
        compared=False,
        type="count",
    ),
)
