"""The table `spectra_along`: what is said of spectra along a training."""

from weightscape.spectra.checkpoint_table import MEASURED
from weightscape.tables.identifiers import FORM, LAYER, RUN
from weightscape.tables.table import define, whole

SCHEMA = define(
    "spectra_along",
    1,
    "Spectral quantities of every layer matrix at the steps of a training that `spectra_along`"
    " asks for; those that take resamples or random matrices are missing.",
    [
        *RUN,
        whole("step", "Optimiser steps done; 0 for the initial network."),
        *LAYER,
        FORM,
        *MEASURED,
    ],
)
