"""A network trained on the images of all classes, that turns noise into images of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from weightscape.config.generator import Generator

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples
    from weightscape.generators.model import Draw, Model, Setting

BATCH = 64
"""Images that are made at a time."""


class Diffusion(Generator):
    """A network, its training, and how it is used."""

    sampling: ClassVar[tuple[str, ...]] = ("guidance", "temperature", "sampling_steps", "solver")

    image_size: int | None = Field(
        default=None,
        ge=2,
        description="Height and width at which the network works: images are reduced to it, and"
        " what it makes is enlarged bilinearly. For images that were enlarged from it this loses"
        " nothing. The images' own size when missing.",
    )
    channels: int = Field(
        default=32,
        ge=8,
        multiple_of=8,
        description="Channels of the network, to be multiplied by `multipliers`.",
    )
    multipliers: tuple[Annotated[int, Field(ge=1, le=16)], ...] = Field(
        default=(2, 3),
        min_length=1,
        description="Channels at full resolution, at half of it, and so on, as multiples of"
        " `channels`.",
    )
    steps: int = Field(default=1400, ge=1, description="Steps of the training.")
    batch_size: int = Field(default=128, ge=1, description="Images in a step.")
    lr: float = Field(default=1e-3, gt=0, description="Peak learning rate of AdamW.")
    warmup_steps: int = Field(
        default=50,
        ge=0,
        description="Steps in which the learning rate rises to its peak; then it falls to zero"
        " along a cosine.",
    )
    weight_decay: float = Field(default=0.01, ge=0, description="Decoupled weight decay.")
    ema: float = Field(
        default=0.99,
        ge=0,
        lt=1,
        description="Weight of the past in the running average of the weights, which is kept.",
    )
    label_dropping: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="Share of the training images whose class the network is not told, so that"
        " there can be guidance.",
    )
    guidance: float = Field(
        default=0,
        ge=0,
        description="How far to go beyond the class's velocity, away from that of no class: more"
        " typical images, less diversity. 0 for none.",
    )
    temperature: float = Field(
        default=1.06,
        gt=0,
        description="Standard deviation of the noise that becomes an image. More than 1 makes up"
        " for the spread that networks trained on few images lack; many images need none of it.",
    )
    sampling_steps: int = Field(default=20, ge=1, description="Steps from noise to an image.")
    solver: Literal["euler", "heun"] = Field(
        default="heun",
        description="How a step is made: `heun` asks the network twice, and is more exact.",
    )

    def fit(self, train: Examples, setting: Setting) -> Model:
        """Return a network trained to tell the velocity from images to noise.

        An image x and noise e of variance 1 are joined by the straight path (1 − t) x + t e, whose
        velocity is e − x. The network is told a point of the path, t and the class, and learns the
        velocity by least squares; t is drawn logit-normal. Images have values from −1 to 1.

        Parameters
        ----------
        train : Examples
            The images.
        setting : Setting
            Seed, place and the file for the state of a training under way.

        Returns
        -------
        Model
            Its arrays are the network's weights, their running average; its facts the size at which
            the network works, ``low`` and ``high``, the range of the images' values there, the
            number of parameters and the loss.

        Raises
        ------
        ValueError
            If the images cannot be reduced to `image_size`, or halved as often as `multipliers`
            ask.
        FloatingPointError
            If the loss stops being a finite number.

        References
        ----------
        Lipman et al. (2023), Flow Matching for Generative Modeling, arXiv:2210.02747; Esser et al.
        (2024), arXiv:2403.03206, for times drawn logit-normal; Ho & Salimans (2022),
        arXiv:2207.12598, for dropping labels.
        """
        import math

        import numpy as np

        from weightscape.generators._flow import Learning, train_network
        from weightscape.generators._size import shrink_images
        from weightscape.generators.model import Model

        size = self._working_size(train.inputs.shape[2:])
        images = shrink_images(train.inputs, size)
        scaled = (2 * images - 1).astype(np.float32)
        learning = Learning(
            widths=self._widths,
            steps=self.steps,
            batch_size=self.batch_size,
            lr=self.lr,
            warmup_steps=self.warmup_steps,
            weight_decay=self.weight_decay,
            ema=self.ema,
            label_dropping=self.label_dropping,
        )
        weights, loss = train_network(scaled, train.labels, learning, setting)
        facts = {
            "size": size,
            "low": float(images.min()),
            "high": float(images.max()),
            "parameters": sum(math.prod(array.shape) for array in weights.values()),
            "loss": loss,
        }
        return Model(weights, facts)

    def sampler(self, model: Model, setting: Setting) -> Draw:
        """Return what turns noise into images, by following the network from t = 1 to 0.

        With guidance w the velocity is (1 + w) that of the class − w that of no class.

        Parameters
        ----------
        model : Model
            What `fit` has returned; the options in `sampling` may differ from those of then.
        setting : Setting
            Seed and place. Each image has noise of its own.

        References
        ----------
        Ho & Salimans (2022), Classifier-Free Diffusion Guidance, arXiv:2207.12598.
        """
        import numpy as np
        import torch

        from weightscape.generators._batches import draw_in_batches
        from weightscape.generators._flow import Integration, build_unet, follow
        from weightscape.generators._size import enlarge_images
        from weightscape.network.device import select_device

        device = select_device(*setting.place)
        facts: dict[str, Any] = model.facts
        channels, *size = setting.shape
        network = build_unet(channels, len(setting.classes), self._widths)
        network.load_state_dict(
            {name: torch.from_numpy(array) for name, array in model.arrays.items()}
        )
        network.to(device).eval()
        integration = Integration(self.solver, self.sampling_steps, self.guidance)

        def make(label: int, indices: range) -> npt.NDArray[np.uint8]:
            noise = np.stack(
                [
                    np.random.default_rng((setting.seed, label, index)).standard_normal(
                        (channels, *facts["size"]), np.float32
                    )
                    for index in indices
                ]
            )
            start = self.temperature * torch.from_numpy(noise).to(device)
            labels = torch.full((len(indices),), label, device=device)
            found = follow(network, start, labels, integration)
            pixels = (found.cpu().numpy().astype(np.float64) + 1) / 2
            return enlarge_images(np.clip(pixels, facts["low"], facts["high"]), size)

        return draw_in_batches(make, BATCH)

    def shrink(self) -> Self:
        """Return one for a trial of seconds, whose images are of no use."""
        quick = {
            "channels": 8,
            "steps": min(self.steps, 20),
            "warmup_steps": 0,
            "batch_size": min(self.batch_size, 32),
            "sampling_steps": min(self.sampling_steps, 2),
        }
        return self.model_copy(update=quick)

    @property
    def _widths(self) -> tuple[int, ...]:
        """Channels of the network at every resolution."""
        return tuple(self.channels * multiplier for multiplier in self.multipliers)

    def _working_size(self, own: tuple[int, ...]) -> tuple[int, ...]:
        """Return the height and width at which the network works."""
        size = own if self.image_size is None else (self.image_size,) * 2
        halvings = 2 ** (len(self.multipliers) - 1)
        if any(side > limit for side, limit in zip(size, own, strict=True)):
            raise ValueError(
                f"image_size {self.image_size} is larger than the images, which are {own[0]} by "
                f"{own[1]}; lower it or leave it out"
            )
        if any(side % halvings for side in size):
            raise ValueError(
                f"images of {size[0]} by {size[1]} pixels cannot be halved as often as the "
                f"{len(self.multipliers)} multipliers ask; set image_size, or give fewer"
            )
        return size
