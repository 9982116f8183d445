"""Config of what is made of the runs, and with which resources."""

from typing import Literal

from pydantic import Field

from weightscape.section import Section

SpectraMetric = Literal[
    "alpha",
    "alpha_weighted",
    "log_alpha_norm",
    "log_norm",
    "log_spectral_norm",
    "stable_rank",
    "effective_rank",
    "entropy",
    "matrix_rank",
    "num_pl_spikes",
    "num_spikes",
    "mp_softrank",
    "rand_distance",
    "num_above_null",
    "log_spectrum_distance",
    "subspace_left",
    "subspace_right",
]
"""Columns of the spectra that mean the same in every layer, so that their mean has a meaning."""


class Comparison(Section):
    """How conditions are compared with their references."""

    spectra_metrics: tuple[SpectraMetric, ...] = Field(
        ("alpha", "log_norm", "log_spectral_norm", "stable_rank", "entropy", "alpha_weighted"),
        description="Columns of the spectra to compare.",
    )


class Threads(Section):
    """Threads of the steps that use several; fixed, so that every machine computes the same."""

    pretrain_backbone: int = Field(2, ge=1, description="Threads of a pre-training.")
    finetune: int = Field(1, ge=1, description="Threads of a fine-tuning.")
    predict: int = Field(1, ge=1, description="Threads of a prediction.")
    fit_spectra: int = Field(1, ge=1, description="Threads of a run's spectra.")


Device = Literal["cpu", "cuda"]
