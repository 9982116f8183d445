"""Config of what is computed of a spectrum beside what costs next to nothing."""

from typing import Literal

from pydantic import Field

from weightscape.config.section import Section

Forms = Literal["pooled", "unfolded", "both"]
"""The forms of a convolution that have rows."""
Nulls = Literal["signs", "shuffle", "gaussian"]
"""What a null has for entries."""


class Spectra(Section):
    """Which of the costly quantities are computed; the columns of the others are missing."""

    form: Forms = Field(
        "both",
        description="Convolutions as one slice per kernel position, their eigenvalues pooled; as"
        " one matrix of outputs by inputs times kernel positions; or a row for each.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where eigenvalues are computed.")
    marchenko_pastur: bool = Field(
        True,
        description="Fit the bulk: sigma_mp, bulk_min, bulk_max, num_spikes, mp_softrank;"
        " robust_bulk_max, num_robust_spikes, num_tw_spikes.",
    )
    dyson_equalizer: bool = Field(
        False,
        description="Count the spikes above noise whose rows and columns differ in variance:"
        " num_equalized_spikes, at about the cost of three replicas of the null.",
    )
    likelihood_ratios: bool = Field(
        True,
        description="Compare the power law with a log-normal and an exponential tail, and with one"
        " that is cut off: alpha_tpl, Lambda.",
    )
    bootstrap: int = Field(
        40,
        ge=0,
        description="Resamples behind alpha_low, alpha_high and tail_cv; 0 for none, and no word on"
        " trust.",
    )
    goodness_of_fit: int = Field(
        49,
        ge=0,
        description="Synthetic samples behind pl_p_value and lr_nested_p; 0 for none, and no word"
        " on trust.",
    )
    null: Nulls = Field(
        "signs",
        description="What the null has for entries: the layer's own with random signs, which keeps"
        " the variance of each; shuffled within each slice; or Gaussian ones of the slice's"
        " variance.",
    )
    null_replicas: int = Field(
        1, ge=0, description="Random matrices in the null; 0 for none, and no word on trust."
    )
    traps: bool = Field(
        False,
        description="Look for correlation traps: num_tw_traps, trap_p_value and where they are, at"
        " about the cost of two replicas of the null.",
    )
    farms: bool = Field(
        False,
        description="Compute alpha_farms, from the eigenvalues of up to 81 sub-matrices a layer;"
        " takes up to as long as all that is computed by default.",
    )
    log_spectrum_distance: bool = Field(
        True, description="Compare fine-tuned eigenvalues with the initial ones."
    )
    rotation: bool = Field(
        True,
        description="Compare the leading singular vectors with the initial ones: rotation_*,"
        " overlap_*; at most about as long again as the eigenvalues of the layer.",
    )
    intruder_cosine: float = Field(
        0,
        ge=0,
        lt=1,
        description="Count as num_intruders the leading singular vectors whose cosine with every"
        " initial one is below this, such as 0.5; 0 for no count. Takes all vectors of the initial"
        " network, about three times as long as its eigenvalues, and in a study a file of up to"
        " twice the size of its weights for each seed.",
    )

    @property
    def compares_vectors(self) -> bool:
        """Whether anything is computed of singular vectors."""
        return self.rotation or self.intruder_cosine > 0


DEFAULTS = Spectra()
"""What a study computes that says nothing else."""

CHEAP = Spectra(
    marchenko_pastur=False,
    likelihood_ratios=False,
    bootstrap=0,
    goodness_of_fit=0,
    null_replicas=0,
    log_spectrum_distance=False,
    rotation=False,
)
"""The columns that WeightWatcher computes by default, and what costs next to nothing besides."""
