"""Everything that is said of one layer matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.config.spectra import DEFAULTS, Spectra
from weightscape.seeds import seed_for
from weightscape.spectra.bootstrap import (
    alpha_interval,
    cv_columns,
    goodness_of_fit,
    spread_over_resamples,
)
from weightscape.spectra.bulk import fit_bulk
from weightscape.spectra.change import Start, log_spectrum_distance
from weightscape.spectra.comparable_alpha import find_fixed_alpha, find_upper_half_alpha
from weightscape.spectra.compare_vectors import compare_vectors
from weightscape.spectra.eigenvalues import eigenvalues
from weightscape.spectra.erg import detx
from weightscape.spectra.farms import find_farms_alpha
from weightscape.spectra.marchenko_pastur import fit_marchenko_pastur
from weightscape.spectra.metrics import METRICS
from weightscape.spectra.norms import alpha_norms, entropy, norms
from weightscape.spectra.null import null_columns, random_values
from weightscape.spectra.power_law import PowerLaw, count_positive, fit_power_law
from weightscape.spectra.rivals import likelihood_ratios
from weightscape.spectra.rotation import Overlaps
from weightscape.spectra.rounding import Kept, Rounding, cut_rounding
from weightscape.spectra.traps import find_traps
from weightscape.spectra.truncated_power_law import fit_truncated_power_law
from weightscape.spectra.trust import is_heavy, trust

MIN_EVALS = 8
"""Fewest non-zero eigenvalues that a law is fitted to, WeightWatcher's `min_evals`."""
LARGEST, SMALLEST = 1e100, 1e-100
"""Range of the largest entry: beyond, sums of squares leave the range of float64."""


@dataclass(frozen=True)
class Analysis:
    """What the spectrum of a layer matrix says.

    Attributes
    ----------
    columns : dict
        The columns of the table `spectra` from `N` to `reason`, but `layer_type`. A value is None
        where it is not defined or switched off, never NaN or infinite.
    eigenvalues : ndarray of float64
        In ascending order; empty where the status is ``failed``.
    overlaps : dict
        Of every leading component with the initial one, by `overlap_left` and `overlap_right`;
        empty where they are not compared.
    """

    columns: dict[str, Any]
    eigenvalues: NDArray[np.float64]
    overlaps: Overlaps = field(default_factory=dict)


def analyse(
    values: NDArray[np.generic],
    layer_type: str,
    options: Spectra = DEFAULTS,
    seed: int = 0,
    start: Start | None = None,
    rounding: Rounding | None = None,
) -> Analysis:
    """Return the spectral quantities of a layer matrix.

    Parameters
    ----------
    values : ndarray
        The entries (slices, rows, cols), of any type and content.
    layer_type : str
        Kind of the operator; the eigenvalues of a ``Conv2d`` are halved.
    options : Spectra, optional
        Which of the costly quantities are computed.
    seed : int, optional
        Seed of the resamples and the null. Every quantity has a stream of its own, so that
        switching one off changes no other.
    start : Start, optional
        The initial layer matrix, for the columns that compare with it; they are missing where its
        shape is another or it cannot be analysed.
    rounding : Rounding, optional
        What the type that the weights are stored in may have rounded; by default that of `values`.
        Where it is of a difference, the eigenvalues within it count as zero.

    Returns
    -------
    Analysis
        Its status is

        * ``ok``: every quantity that is asked for has a value, but what `vectors_reason` says
          of singular vectors that cannot be compared;
        * ``partial``: a law cannot be fitted or a ratio is not defined; the rest has its value
          (of a matrix of zeros these are norm, spectral_norm and matrix_rank, of a difference
          within the rounding matrix_rank);
        * ``failed``: it cannot be analysed, and no quantity has a value.
    """
    if obstacle := _find_obstacle(values):
        return describe_failure(values.shape, obstacle)
    try:
        return _analyse_values(values, layer_type, options, seed, start, rounding)
    except (np.linalg.LinAlgError, MemoryError) as error:
        return describe_failure(values.shape, str(error) or type(error).__name__)


def describe_failure(shape: Sequence[int], reason: str) -> Analysis:
    """Return the analysis of a parameter of this `shape` that cannot be analysed.

    The shape columns are missing where it has not the three sides of a layer matrix.
    """
    return _complete(_describe_shape(shape), {}, "failed", [reason], np.empty(0))


def _find_obstacle(values: NDArray[np.generic]) -> str:
    """Return why `values` cannot be analysed; empty if they can."""
    if values.ndim != 3:
        return "it is no layer matrix"
    if values.size == 0:
        return "there are no entries"
    if values.dtype.kind not in "fiub":
        return f"the entries are {values.dtype}, not real numbers"
    if not np.isfinite(values).all():
        return "an entry is not finite"
    if values.dtype.kind == "f" and values.dtype.itemsize > 4:
        largest = max(float(values.max()), -float(values.min()))
        if largest > LARGEST or 0 < largest < SMALLEST:
            return "the squares of the entries leave the range of float64"
    return ""


def _analyse_values(
    values: NDArray[np.generic],
    layer_type: str,
    options: Spectra,
    seed: int,
    start: Start | None,
    rounding: Rounding | None,
) -> Analysis:
    shape = _describe_shape(values.shape)
    ascending, matrix_rank, of_slices = eigenvalues(values, layer_type, options.device)
    kept = cut_rounding(ascending, matrix_rank, values, layer_type, rounding)
    metrics, reasons = _compute_metrics(kept, options, seed)
    if count_positive(kept.eigenvalues) >= MIN_EVALS and kept.has_bulk:
        bulk, missing = fit_bulk(values, layer_type, kept.eigenvalues, of_slices, options)
        metrics |= bulk
        reasons += missing
    if reasons and kept.reason not in ("", *reasons):
        reasons.insert(0, kept.reason)
    if options.farms and "alpha" in metrics and not kept.reason:
        metrics["alpha_farms"] = find_farms_alpha(values, layer_type, options.device)
    if options.null_replicas and kept.eigenvalues[-1] > 0:
        metrics |= _compare_with_null(kept.eigenvalues, values, layer_type, options, seed)
    if options.traps and kept.eigenvalues[-1] > 0:
        metrics |= find_traps(values, seed_for("traps", seed), options.device)
    overlaps: Overlaps = {}
    if start:
        changed, overlaps = _compare_with_start(ascending, values, start, layer_type, options)
        metrics |= changed
    status = "partial" if reasons else "ok"
    analysis = _complete(shape, metrics, status, reasons, ascending, overlaps)
    trusted, trusted_reason = trust(analysis.columns)
    heavy = is_heavy(analysis.columns)
    analysis.columns.update(heavy=heavy, trusted=trusted, trusted_reason=trusted_reason)
    return analysis


def _compute_metrics(kept: Kept, options: Spectra, seed: int) -> tuple[dict[str, Any], list[str]]:
    """Return what can be computed from the eigenvalues alone, and why the rest cannot."""
    ascending, matrix_rank = kept.eigenvalues, kept.matrix_rank
    metrics: dict[str, Any] = {"matrix_rank": matrix_rank, **kept.columns}
    if ascending[-1] == 0:
        if kept.reason:
            return metrics, [kept.reason]
        return metrics | {"norm": 0.0, "spectral_norm": 0.0}, ["all entries are zero"]
    metrics |= norms(ascending) | detx(ascending)
    reasons = []
    if matrix_rank > 1:
        metrics["entropy"] = entropy(ascending, matrix_rank)
    if (positive := count_positive(ascending)) < MIN_EVALS:
        return metrics, [f"{positive} eigenvalues are not zero, and a fit needs {MIN_EVALS}"]

    if tail := fit_power_law(ascending):
        metrics |= {name: getattr(tail, name) for name in ("alpha", "D", "sigma", "xmin", "xmax")}
        metrics |= {"num_pl_spikes": tail.n_tail} | alpha_norms(ascending, tail.alpha)
        metrics["ERG_gap"] = metrics["detX_num"] - tail.n_tail
        metrics["alpha_hill"] = find_upper_half_alpha(ascending)
        metrics |= _weigh_alpha(ascending, tail, options, seed)
    else:
        reasons.append("the eigenvalues are all equal")
    if (options.marchenko_pastur or options.dyson_equalizer) and not kept.has_bulk:
        reasons.append(kept.reason)
    return metrics, reasons


def _weigh_alpha(
    ascending: NDArray[np.float64], tail: PowerLaw, options: Spectra, seed: int
) -> dict[str, Any]:
    """Return how sure alpha is, and how the power law does against other laws."""
    metrics: dict[str, Any] = {}
    if options.likelihood_ratios:
        metrics |= likelihood_ratios(ascending, tail)
        if truncated := fit_truncated_power_law(ascending, tail):
            metrics |= truncated._asdict()
    if options.bootstrap:
        draws = options.bootstrap, seed_for("interval", seed)
        if spread := spread_over_resamples(ascending, tail, *draws):
            metrics["alpha_low"], metrics["alpha_high"] = alpha_interval(ascending, tail, spread)
            metrics |= cv_columns(ascending, tail, spread)
    if options.goodness_of_fit:
        draws = options.goodness_of_fit, seed_for("goodness", seed)
        if found := goodness_of_fit(ascending, tail, *draws):
            metrics |= found._asdict()
    return metrics


def _compare_with_null(
    ascending: NDArray[np.float64],
    values: NDArray[np.generic],
    layer_type: str,
    options: Spectra,
    seed: int,
) -> dict[str, Any]:
    """Return how the spectrum compares with that of entries without order."""
    M, N = sorted(values.shape[1:])
    null, alphas, spikes = [], [], []
    for replica in range(options.null_replicas):
        random = random_values(values, options.null, seed_for("null", seed, replica))
        null.append(eigenvalues(random, layer_type, options.device).ascending)
        if count_positive(null[-1]) < MIN_EVALS:
            continue
        if tail := fit_power_law(null[-1]):
            alphas.append(tail.alpha)
        if options.marchenko_pastur and (bulk := fit_marchenko_pastur(null[-1], N, M)):
            spikes.append(bulk.num_spikes)
    found: dict[str, Any] = null_columns(ascending, null, alphas, spikes)
    if options.null == "shuffle":
        found["rand_distance"] = found["null_distance"]
    return found


def _compare_with_start(
    ascending: NDArray[np.float64],
    values: NDArray[np.generic],
    start: Start,
    layer_type: str,
    options: Spectra,
) -> tuple[dict[str, Any], Overlaps]:
    """Return how far the layer matrix has moved from its start, where that can be compared."""
    obstacle = _find_obstacle(start.values)
    if start.values.shape != values.shape:
        obstacle = f"it has the shape {start.values.shape}"
    if obstacle:
        reason = f"of the initial layer, {obstacle}"
        return {"vectors_reason": reason if options.compares_vectors else None}, {}
    metrics: dict[str, Any] = {}
    before = start.eigenvalues
    if before is None:
        before = eigenvalues(start.values, layer_type, options.device).ascending
    if min(map(count_positive, (ascending, before))) >= MIN_EVALS:
        metrics["alpha_fixed_k"] = find_fixed_alpha(ascending, before)
    if options.log_spectrum_distance:
        metrics["log_spectrum_distance"] = log_spectrum_distance(ascending, before)
    turned, overlaps = compare_vectors(values, start, (ascending, before), options)
    return metrics | turned, overlaps


def _describe_shape(shape: Sequence[int]) -> dict[str, Any]:
    if len(shape) != 3:
        return dict.fromkeys(("N", "M", "rf", "Q", "num_evals"))
    slices, M, N = shape[0], *sorted(shape[1:])
    return {"N": N, "M": M, "rf": slices, "Q": N / M if M else None, "num_evals": M * slices}


def _complete(
    shape: dict[str, Any],
    metrics: dict[str, Any],
    status: str,
    reasons: Sequence[str],
    ascending: NDArray[np.float64],
    overlaps: Overlaps | None = None,
) -> Analysis:
    missing = dict.fromkeys(metric.name for metric in METRICS)
    about = {"status": status, "reason": "; ".join(reasons)}
    return Analysis(shape | missing | metrics | about, ascending, overlaps or {})
