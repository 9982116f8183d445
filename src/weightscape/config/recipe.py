"""A recipe: everything that one training does, and what a condition may set."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from weightscape.config.augmentation import Augmentation, Augmented
from weightscape.config.plugins import make_plugin
from weightscape.config.section import Name

Rate = Annotated[float, Field(ge=0, lt=1)]
Share = Annotated[float, Field(gt=0, lt=1)]

SHOWN = (
    "augment",
    "mixup_alpha",
    "cutmix_alpha",
    "batch_size",
    "batch_per_domain",
    "synthetic",
    "synthetic_replaces",
    "freeze_bn",
)
"""Keys of a recipe that decide which images the batch norms of a network see, and how."""


class Optimisation(Augmented):
    """How a network is trained: the part that pre-training and fine-tuning share."""

    opt: Literal["adamw", "adam", "sgd"] = Field(
        "adamw",
        description="Optimiser: AdamW with decoupled weight decay, Adam with coupled decay, or SGD"
        " with momentum.",
    )
    lr: float = Field(3e-4, gt=0, description="Peak learning rate.")
    head_lr_factor: float = Field(
        1, gt=0, description="How many times higher the learning rate of the classifier is."
    )
    weight_decay: float = Field(
        0.01,
        ge=0,
        description="Weight decay. Decoupled in AdamW: a step shrinks a weight by lr ×"
        " weight_decay. In Adam and SGD an L2 term of the loss, weight_decay/2 · ‖w‖².",
    )
    filter_bias_and_bn: bool = Field(
        True, description="Whether biases and the weights of norms are left out of weight decay."
    )
    momentum: Rate = Field(0.9, description="Momentum of SGD.")
    epochs: int = Field(5, ge=1, description="Passes over the training images.")
    steps: int | None = Field(
        None, ge=1, description="Steps of the optimiser to do, in the place of epochs."
    )
    steps_factor: float = Field(
        1,
        gt=0,
        le=1000,
        description="How many times the steps that epochs or steps give are done, the schedule"
        " stretched with them: what a control of the amount of training sets.",
    )
    batch_size: int = Field(64, ge=2, description="Images in a step; an incomplete batch is left.")
    batch_per_domain: bool = Field(
        False, description="Whether a step takes batch_size images of every training domain."
    )
    sched: Literal["cosine", "multistep", "constant"] = Field(
        "cosine",
        description="Learning rate after the warm-up: falls to zero along a cosine, falls at"
        " milestones, or stays.",
    )
    decay_milestones: tuple[Share, ...] = Field(
        (0.5,), description="multistep: shares of the training after which the rate falls."
    )
    decay_rate: float = Field(
        0.1, gt=0, lt=1, description="multistep: what the learning rate is multiplied by then."
    )
    warmup_epochs: float = Field(
        0, ge=0, description="Epochs in which the learning rate rises linearly to its peak."
    )
    eval_interval: int | None = Field(
        None, ge=1, description="Steps between two evaluations; an epoch's when missing."
    )
    augment: dict[str, dict[str, Any]] = Field(
        {},
        description="Augmentations in the order they are applied, each a module of "
        "weightscape.augment with its options; a bare name stands for the defaults.",
    )
    mixup_alpha: float = Field(
        0, ge=0, description="Beta distribution of mixup's shares, drawn per image; 0 for none."
    )
    cutmix_alpha: float = Field(
        0,
        ge=0,
        description="The same of cutmix; with both, every image has one of them at even odds.",
    )
    label_smoothing: Rate = Field(0, description="Share of a label spread over all classes.")
    freeze_bn: bool = Field(
        False, description="Whether batch norms keep the statistics that they start with."
    )
    sparsity: Rate = Field(
        0,
        description="Share of each layer's weights, the smallest, that is zero from the start and"
        " stays so; the classifier has none.",
    )
    select: Literal["last", "best"] = Field(
        "last",
        description="Which network is kept: the last, or the first of those with the highest"
        " validation score, the study's `score`.",
    )
    amp: bool = Field(True, description="Compute in bfloat16 on a GPU; a CPU keeps to float32.")

    def count_steps(self, per_epoch: int) -> int:
        """Return the steps of a training whose epochs have `per_epoch` of them."""
        return max(1, round(self.steps_factor * (self.steps or self.epochs * per_epoch)))

    @model_validator(mode="after")
    def _warms_up_within_training(self) -> Self:
        if self.steps is None and self.warmup_epochs >= self.epochs:
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
            name: make_plugin(Augmentation, name, options).slice()
            for name, options in value.items()
        }


class Recipe(Optimisation):
    """One fine-tuning: the optimisation and what a condition may change about it."""

    dropout: Rate = Field(0, description="Rate of dropout; where it acts says dropout_placement.")
    dropout_placement: Literal["head", "blocks", "everywhere"] = Field(
        "head",
        description="On the features before the classifier, within every residual or transformer"
        " block, or both.",
    )
    drop_path_rate: Rate = Field(
        0, description="Stochastic depth: rate at which the last block is skipped."
    )
    synthetic: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        {},
        description="Synthetic images to train on: generator's name → their number over that of "
        "the real training images, balanced as these are.",
    )
    synthetic_replaces: bool = Field(
        False,
        description="Whether synthetic images take the place of real ones, so that the number of "
        "training images stays; a ratio of 1 is then all-synthetic.",
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

    @property
    def shown(self) -> dict[str, Any]:
        """The keys that decide which images batch norms see, and how, as plain JSON."""
        return {key: value for key, value in self.slice().items() if key in SHOWN}

    @model_validator(mode="after")
    def _replaces_no_more_than_there_is(self) -> Self:
        total = sum(self.synthetic.values())
        if self.synthetic_replaces and total > 1 + 1e-9:
            raise ValueError(
                f"synthetic images cannot replace {total:g} times the real ones: the ratios sum to"
                " 1 at most; lower them, or set synthetic_replaces: false to add the images"
            )
        return self
