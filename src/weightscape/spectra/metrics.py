"""The columns of the table `spectra` that say something of a layer matrix."""

from weightscape.config.metric import Metric
from weightscape.spectra.metrics_bulk import BULK
from weightscape.spectra.metrics_change import CHANGE
from weightscape.spectra.metrics_fit import FIT
from weightscape.spectra.metrics_norms import NORMS
from weightscape.spectra.metrics_null import NULL
from weightscape.spectra.metrics_rotation import ROTATION
from weightscape.spectra.metrics_tail import TAIL
from weightscape.spectra.metrics_trust import TRUST

_WW = "WeightWatcher 0.7.7"

SHAPE = (
    Metric(
        "N",
        "Larger side of the matrix; missing where the parameter is no layer matrix.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "M",
        "Smaller side of the matrix.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "rf",
        "Receptive field: the number of slices whose eigenvalues are pooled.",
        source=_WW,
        compared=False,
        type="count",
    ),
    Metric(
        "Q",
        "Aspect ratio N/M; missing where M is 0.",
        source=_WW,
        compared=False,
        drawn=True,
    ),
    Metric(
        "num_evals",
        "Number of eigenvalues, M · rf.",
        source=_WW,
        compared=False,
        drawn=True,
        type="count",
    ),
)
"""What its shape says; missing where it has none."""

METRICS = (*TAIL, *NORMS, *BULK, *FIT, *NULL, *TRUST, *CHANGE, *ROTATION)
"""What a fit gives.

Each is missing where it is not defined, see `status`, or where the config has switched it off.
"""

SINCE_START = frozenset(metric.name for metric in METRICS if metric.since_start)
"""How far a layer has moved from its initial one: 0 in the initial network, where it is missing."""
