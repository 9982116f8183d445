"""Config of what is computed of a spectrum beside what costs next to nothing."""

from typing import Literal

from pydantic import Field

from weightscape.config.section import Section


class Spectra(Section):
    """Which of the costly quantities are computed; the columns of the others are missing."""

    device: Literal["cpu", "cuda"] = Field("cpu", description="Where eigenvalues are computed.")
    marchenko_pastur: bool = Field(
        True, description="Fit the bulk: sigma_mp, bulk_min, bulk_max, num_spikes, mp_softrank."
    )
    likelihood_ratios: bool = Field(
        True, description="Compare the power law with a log-normal and an exponential tail."
    )
    bootstrap: int = Field(
        40, ge=0, description="Resamples behind alpha_low and alpha_high; 0 for neither."
    )
    goodness_of_fit: int = Field(
        0, ge=0, description="Synthetic samples behind pl_p_value; 0 for none."
    )
    null: Literal["shuffle", "gaussian"] = Field(
        "shuffle", description="What the null has for entries: the layer's own, or Gaussian ones."
    )
    null_replicas: int = Field(
        1, ge=0, description="Random matrices in the null; 0 for none, and no word on trust."
    )
    log_spectrum_distance: bool = Field(
        True, description="Compare fine-tuned eigenvalues with the initial ones."
    )
    subspace: int = Field(
        0,
        ge=0,
        description="Dimension of the leading singular subspaces to compare with the initial"
        " ones, such as 10; 0 for no comparison.",
    )


DEFAULTS = Spectra()
"""What a study computes that says nothing else."""

CHEAP = Spectra(
    marchenko_pastur=False,
    likelihood_ratios=False,
    bootstrap=0,
    null_replicas=0,
    log_spectrum_distance=False,
)
"""The columns that WeightWatcher computes by default, and effective_rank; nothing else."""
