"""Accuracy and calibration of one network on every test set."""

import pyarrow as pa

from weightscape.schemas.identifiers import LIMITATION, RUN, real
from weightscape.schemas.predictions import TEST
from weightscape.table import define, field

_ECE = "Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599"

METRICS = (
    field("accuracy", pa.float64(), "Share of images whose largest logit is the true class."),
    field(
        "balanced_accuracy",
        pa.float64(),
        "Mean over the classes of the share of their images that are classified rightly.",
        source="Brodersen et al. 2010, doi:10.1109/ICPR.2010.764",
    ),
    real(
        "auroc",
        "Area under the ROC curve, one class against the rest, mean over the classes: how well the"
        " images are ordered, wherever the threshold falls. Missing where a class has no images.",
        "Fawcett 2006, doi:10.1016/j.patrec.2005.10.010",
    ),
    field("nll", pa.float64(), "Mean negative log-likelihood of the true class.", unit="nat"),
    field(
        "brier",
        pa.float64(),
        "Mean squared distance between the probabilities and the one-hot"
        " label, summed over the classes.",
        source="Brier 1950",
    ),
    field("ece", pa.float64(), "Expected calibration error, 15 bins of equal width.", source=_ECE),
    field(
        "ece_equal_mass",
        pa.float64(),
        "Expected calibration error, 15 bins of equal counts.",
        source="Nixon et al. 2019, arXiv:1904.01685",
    ),
    field("worst_class_accuracy", pa.float64(), "Accuracy of the class with the lowest one."),
    field(
        "class_accuracy_gap",
        pa.float64(),
        "Accuracy of the class with the highest one, minus that of the lowest.",
    ),
)

SCHEMA = define(
    "scores",
    3,
    "Accuracy and calibration of every run on every test set.",
    [*RUN, *TEST, field("n", pa.int32(), "Number of images."), *METRICS, LIMITATION],
)
