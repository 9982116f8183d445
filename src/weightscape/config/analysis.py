"""Config of what is made of the runs, and with which resources."""

from typing import Any, Literal

from pydantic import Field, model_validator

from weightscape.config.section import Section


class Comparison(Section):
    """How conditions are compared with their references."""

    spectra_metrics: tuple[str, ...] = Field(
        (
            "alpha",
            "log_norm",
            "log_spectral_norm",
            "stable_rank",
            "entropy",
            "alpha_weighted",
            "alpha_fixed_k",
            "rotation_left_10",
            "rotation_right_10",
        ),
        description="Columns of the spectra to compare: those that mean the same in every layer.",
    )
    form: Literal["pooled", "unfolded"] = Field(
        "unfolded",
        description="Of the forms of a convolution in `spectra.form`, the one whose rows are"
        " compared and drawn; layers of one form alone always are. Both papers pool.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_margins(cls, value: Any) -> Any:
        if isinstance(value, dict) and "margins" in value:
            raise ValueError(
                "margins: is no key; an equivalence gives its own: `margin: 0.01` in the"
                " metric's unit, or `share: 0.2` with `to: own_change` or a group whose effect it"
                " is a share of"
            )
        return value


class Threads(Section):
    """Threads of the steps that use several; fixed, so that every machine computes the same."""

    train_generator: int = Field(2, ge=1, description="Threads of a generator's training.")
    generate_images: int = Field(2, ge=1, description="Threads of a generator at work.")
    pretrain_backbone: int = Field(2, ge=1, description="Threads of a pre-training.")
    finetune: int = Field(1, ge=1, description="Threads of a fine-tuning.")
    predict: int = Field(1, ge=1, description="Threads of a prediction.")
    fit_spectra: int = Field(1, ge=1, description="Threads of a run's spectra.")
    measure_diversity: int = Field(1, ge=1, description="Threads of an image set's diversity.")


Device = Literal["cpu", "cuda"]
