"""Config of what is made of the runs, and with which resources."""

from typing import Annotated, Literal

from pydantic import Field

from weightscape.config.section import Section


class Comparison(Section):
    """How conditions are compared with their references."""

    spectra_metrics: tuple[str, ...] = Field(
        ("alpha", "log_norm", "log_spectral_norm", "stable_rank", "entropy", "alpha_weighted"),
        description="Columns of the spectra to compare: those that mean the same in every layer.",
    )
    margins: dict[str, Annotated[float, Field(gt=0)]] = Field(
        {
            "alpha": 0.1,
            "alpha_weighted": 0.1,
            "log_norm": 0.002,
            "log_spectral_norm": 0.005,
            "stable_rank": 0.1,
            "entropy": 0.001,
            "accuracy": 0.01,
            "shifted_accuracy": 0.02,
            "ece": 0.01,
            "shifted_ece": 0.02,
        },
        description="For every metric the largest difference that counts as none, in its unit;"
        " fixed before a study is run.",
    )


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
