"""Columns of the table `spectra`: how far the layer has moved from its start."""

from weightscape.config.metric import Metric

_ANGLES = "Björck & Golub 1973, doi:10.2307/2005662"

CHANGE = (
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
