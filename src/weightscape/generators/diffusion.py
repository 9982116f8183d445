"""A network trained on the images of all classes, that turns noise into images of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.labelled import Labelled
    from weightscape.generators.model import Draw, Model, Setting

SAMPLING = ("guidance", "temperature", "sampling_steps", "solver")
"""Options that the training does not depend on."""

BATCH = 64
"""Images that are made at a time."""


class Options(Section):
    """The network, its training, and how it is used."""

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


def nano(options: Options) -> Options:
    """Return options for a trial of seconds, whose images are of no use."""
    quick = {
        "channels": 8,
        "steps": min(options.steps, 20),
        "warmup_steps": 0,
        "batch_size": min(options.batch_size, 32),
        "sampling_steps": min(options.sampling_steps, 2),
    }
    return options.model_copy(update=quick)


def fit(train: Labelled, options: Options, setting: Setting) -> Model:
    """Return a network trained to tell the velocity from images to noise.

    An image x and noise e of variance 1 are joined by the straight path (1 − t) x + t e, whose
    velocity is e − x. The network is told a point of the path, t and the class, and learns the
    velocity by least squares; t is drawn logit-normal. Images have values from −1 to 1.

    Parameters
    ----------
    train : Labelled
        The images.
    options : Options
        Network and training.
    setting : Setting
        Seed, device, threads and the file for the state of a training under way.

    Returns
    -------
    Model
        Its arrays are the network's weights, their running average; its facts the size at which
        the network works, ``low`` and ``high``, the range of the images' values there, the
        number of parameters and the loss.

    Raises
    ------
    ValueError
        If the images cannot be reduced to `image_size`, or halved as often as `multipliers` ask.
    FloatingPointError
        If the loss stops being a finite number.

    References
    ----------
    Lipman et al. (2023), Flow Matching for Generative Modeling, arXiv:2210.02747; Esser et al.
    (2024), arXiv:2403.03206, for times drawn logit-normal; Ho & Salimans (2022), arXiv:2207.12598,
    for dropping labels.
    """
    import math

    import numpy as np

    from weightscape.generators._flow import train as train_network
    from weightscape.generators._size import reduced
    from weightscape.generators.model import Model

    size = _size(options, train.images.shape[2:])
    images = reduced(train.images, size)
    scaled = (2 * images - 1).astype(np.float32)
    weights, loss = train_network(scaled, train.labels, options, setting)
    facts = {
        "size": size,
        "low": float(images.min()),
        "high": float(images.max()),
        "parameters": sum(math.prod(array.shape) for array in weights.values()),
        "loss": loss,
    }
    return Model(weights, facts)


def sampler(model: Model, options: Options, setting: Setting) -> Draw:
    """Return what turns noise into images, by following the network from t = 1 to 0.

    Parameters
    ----------
    model : Model
        What `fit` has returned.
    options : Options
        Those of `fit`; those in `SAMPLING` may differ. With guidance w the velocity is
        (1 + w) that of the class − w that of no class.
    setting : Setting
        Seed, device and threads. Each image has noise of its own.

    References
    ----------
    Ho & Salimans (2022), Classifier-Free Diffusion Guidance, arXiv:2207.12598.
    """
    import numpy as np
    import torch

    from weightscape.generators._batches import in_batches
    from weightscape.generators._flow import follow, unet
    from weightscape.generators._size import enlarged
    from weightscape.network.device import select_device

    device = select_device(setting.device, setting.threads)
    facts: dict[str, Any] = model.facts
    channels, *size = setting.shape
    network = unet(channels, len(setting.classes), options)
    network.load_state_dict({name: torch.from_numpy(array) for name, array in model.arrays.items()})
    network.to(device).eval()

    def make(label: int, indices: range) -> npt.NDArray[np.uint8]:
        noise = np.stack(
            [
                np.random.default_rng((setting.seed, label, index)).standard_normal(
                    (channels, *facts["size"]), np.float32
                )
                for index in indices
            ]
        )
        start = options.temperature * torch.from_numpy(noise).to(device)
        labels = torch.full((len(indices),), label, device=device)
        found = follow(network, start, labels, options)
        pixels = (found.cpu().numpy().astype(np.float64) + 1) / 2
        return enlarged(np.clip(pixels, facts["low"], facts["high"]), size)

    return in_batches(make, BATCH)


def _size(options: Options, own: tuple[int, ...]) -> tuple[int, ...]:
    """Return the height and width at which the network works."""
    size = own if options.image_size is None else (options.image_size,) * 2
    halvings = 2 ** (len(options.multipliers) - 1)
    if any(side > limit for side, limit in zip(size, own, strict=True)):
        raise ValueError(
            f"image_size {options.image_size} is larger than the images, which are {own[0]} by "
            f"{own[1]}; lower it or leave it out"
        )
    if any(side % halvings for side in size):
        raise ValueError(
            f"images of {size[0]} by {size[1]} pixels cannot be halved as often as the "
            f"{len(options.multipliers)} multipliers ask; set image_size, or give fewer"
        )
    return size
