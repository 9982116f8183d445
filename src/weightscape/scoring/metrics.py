"""The columns of the table `scores` that say how well a network predicts."""

from weightscape.config.metric import Metric

_ECE = "Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599"

METRICS = (
    Metric(
        "accuracy",
        "Share of images whose largest logit is the true class.",
        better="higher",
        nullable=False,
    ),
    Metric(
        "balanced_accuracy",
        "Mean over the classes of the share of their images that are classified rightly.",
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
        better="higher",
        nullable=False,
    ),
    Metric(
        "auroc",
        "Area under the ROC curve, one class against the rest, mean over the classes: how "
        "well the images are ordered, wherever the threshold falls. Missing where a class has "
        "no images.",
        source="Fawcett 2006, doi:10.1016/j.patrec.2005.10.010",
        better="higher",
    ),
    Metric(
        "nll",
        "Mean negative log-likelihood of the true class.",
        unit="nat",
        label="NLL",
        better="lower",
        nullable=False,
    ),
    Metric(
        "brier",
        "Mean squared distance between the probabilities and the one-hot label, summed over "
        "the classes.",
        source="Brier 1950",
        better="lower",
        compared=False,
        nullable=False,
    ),
    Metric(
        "ece",
        "Expected calibration error, 15 bins of equal width: too large by what chance does in each"
        " bin, about .025 for calibrated predictions of 360 images.",
        source=_ECE,
        label="ECE",
        better="lower",
        nullable=False,
    ),
    Metric(
        "ece_equal_mass",
        "Expected calibration error, 15 bins of equal counts.",
        source="Nixon et al. 2019, arXiv:1904.01685",
        better="lower",
        compared=False,
        nullable=False,
    ),
    Metric(
        "ece_debiased",
        "Squared calibration error, 15 bins of equal counts, without the bias that few images give"
        " it: near zero on average for calibrated predictions, and negative by chance. No root is"
        " taken.",
        source="Bröcker 2012, doi:10.1007/s00382-011-1191-1; Ferro & Fricker 2012,"
        " doi:10.1002/qj.1924; Kumar et al. 2019, arXiv:1909.10155; Roelofs et al. 2022,"
        " arXiv:2012.08668",
        label="debiased squared ECE",
        better="lower",
        nullable=False,
    ),
    Metric(
        "worst_class_accuracy",
        "Accuracy of the class with the lowest one.",
        better="higher",
        compared=False,
        nullable=False,
    ),
    Metric(
        "class_accuracy_gap",
        "Accuracy of the class with the highest one, minus that of the lowest.",
        better="lower",
        compared=False,
        nullable=False,
    ),
)
"""What the predictions on a test set give. Claims, and relations to the weights, are about some."""
