"""A recipe: everything that one training does, and what a condition may set."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from weightscape.plugins import options_of
from weightscape.section import Name, Section

Rate = Annotated[float, Field(ge=0, lt=1)]


class Optimisation(Section):
    """How a network is trained: the part that pre-training and fine-tuning share."""

    opt: Literal["adamw", "sgd"] = Field(
        "adamw", description="Optimiser: AdamW with decoupled weight decay, or SGD with momentum."
    )
    lr: float = Field(3e-4, gt=0, description="Peak learning rate.")
    weight_decay: float = Field(
        0.01,
        ge=0,
        description="Weight decay of matrices; biases and norms have none. Decoupled in AdamW: a "
        "step shrinks a weight by lr × weight_decay. An L2 term of the loss in SGD.",
    )
    momentum: Rate = Field(0.9, description="Momentum of SGD.")
    epochs: int = Field(5, ge=1, description="Passes over the training images.")
    batch_size: int = Field(64, ge=2, description="Images in a step; an incomplete batch is left.")
    warmup_epochs: float = Field(
        0,
        ge=0,
        description="Epochs in which the learning rate rises linearly to its peak; then "
        "it falls to zero along a cosine.",
    )
    augment: dict[str, dict[str, Any]] = Field(
        {},
        description="Augmentations in the order they are applied, each a module of "
        "weightscape.augment with its options; a bare name stands for the defaults.",
    )

    @model_validator(mode="after")
    def _warms_up_within_training(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs {self.warmup_epochs} must be fewer than epochs {self.epochs}"
            )
        return self

    @field_validator("augment", mode="before")
    @classmethod
    def _named_augmentations(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {value: {}}
        if not isinstance(value, dict):
            raise ValueError("give one name, or a mapping of names to options")
        return {
            name: options_of("augment", name, options or {}).slice()
            for name, options in value.items()
        }


class Recipe(Optimisation):
    """One fine-tuning: the optimisation and what a condition may change about it."""

    dropout: Rate = Field(0, description="Rate of dropout on the features before the head.")
    synthetic: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="Synthetic images to add: generator's name → their number over that of the "
        "real training images, balanced as these are.",
    )
    pretrained: str | None = Field(
        None,
        description="Initial weights other than the backbone's own: `none` trains from scratch.",
        pattern="^none$",
    )
    data_order: int = Field(
        0,
        ge=0,
        description="Which data order of the seed is used: 0 is everybody's, another "
        "number makes a twin, which differs in this and the draws of augmentation and dropout.",
    )
