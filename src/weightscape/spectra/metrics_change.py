"""Columns of the table `spectra`: how far the layer has moved from its start."""

from weightscape.config.metric import Metric

CHANGE = (
    Metric(
        "rounding_edge",
        "Eigenvalue up to which the rounding of the stored weights reaches, as a bound; what is "
        "within it counts as zero in all that is said of the change, but in the table "
        "eigenvalues. Of the stage delta only.",
        unit="squared weight",
        source="Bandeira & van Handel 2016, arXiv:1408.6185",
        compared=False,
    ),
    Metric(
        "share_unmoved",
        "Share of the entries whose stored value is the initial one: their change is zero or "
        "within the rounding; of the stage delta only.",
        compared=False,
    ),
    Metric(
        "log_spectrum_distance",
        "Wasserstein-1 distance of the distributions of log10 eigenvalues, fine-tuned and "
        "initial; of the stage finetuned only.",
        unit="decades",
        source="Kantorovich 1942; scipy.stats.wasserstein_distance",
        since_start=True,
    ),
)
