"""The training loop, shared by pre-training and fine-tuning."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from weightscape.config.recipe import Optimisation
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.inputs import normalise, to_unit
from weightscape.network.predict import predict
from weightscape.plugins import options_of, plugin
from weightscape.train.optimiser import make_optimiser, make_schedule

log = logging.getLogger(__name__)


class Images(NamedTuple):
    """Images on the device: uint8 (n, channels, height, width), and int64 labels (n,)."""

    pixels: Tensor
    labels: Tensor


class Streams(NamedTuple):
    """Seeds of a training's three streams of random numbers."""

    order: int
    augment: int
    dropout: int


class Epoch(NamedTuple):
    """What is known at the end of an epoch; the fields are columns of the table `training`."""

    epoch: int
    step: int
    loss: float
    val_accuracy: float
    lr: float


def train(
    network: nn.Module,
    training: Images,
    validation: Images,
    info: NetworkInfo,
    recipe: Optimisation,
    streams: Streams,
    epoch_size: int | None = None,
) -> list[Epoch]:
    """Train `network` in place and return its history.

    Parameters
    ----------
    network : torch.nn.Module
        The network, on the device of the images.
    training, validation : Images
        The images; the validation ones are looked at after each epoch and decide nothing.
    info : NetworkInfo
        How the network wants its input.
    recipe : Optimisation
        Optimiser, schedule and augmentation.
    streams : Streams
        Seeds; equal ones on one machine give equal weights, bit by bit.
    epoch_size : int, optional
        Images that make an epoch, drawn from all of them; all when missing.

    Returns
    -------
    list of Epoch
        One entry per epoch.

    Raises
    ------
    ValueError
        If there are fewer training images than a batch holds.
    FloatingPointError
        If the loss stops being a finite number.
    """
    steps = (epoch_size or len(training.labels)) // recipe.batch_size
    if steps == 0:
        raise ValueError(
            f"{len(training.labels)} training images do not fill a batch of {recipe.batch_size}; "
            "lower batch_size"
        )
    torch.manual_seed(streams.dropout)
    order = torch.Generator().manual_seed(streams.order)
    augment = _augmentation(recipe, streams.augment, training.pixels.device)
    optimiser = make_optimiser(network, recipe)
    schedule = make_schedule(optimiser, recipe, steps)
    history: list[Epoch] = []
    with tqdm(total=recipe.epochs * steps, unit="step", disable=None, leave=False) as bar:
        for epoch in range(1, recipe.epochs + 1):
            start, total = time.perf_counter(), torch.zeros((), device=training.pixels.device)
            network.train()
            shuffled = torch.randperm(len(training.labels), generator=order)
            for batch in shuffled.to(training.pixels.device).split(recipe.batch_size)[:steps]:
                pixels = normalise(augment(to_unit(training.pixels[batch])), info)
                loss = cross_entropy(network(pixels), training.labels[batch])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                lr = optimiser.param_groups[0]["lr"]
                schedule.step()
                total += loss.detach()
                bar.update()
            mean_loss = total.item() / steps
            if not np.isfinite(mean_loss):
                raise FloatingPointError(
                    f"the loss is {mean_loss} in epoch {epoch}; lower lr (it is {recipe.lr})"
                )
            speed = steps * recipe.batch_size / (time.perf_counter() - start)
            accuracy = accuracy_of(network, validation, info)
            bar.set_postfix(loss=f"{mean_loss:.3f}", val=f"{accuracy:.3f}")
            log.info(
                "epoch %d of %d: loss %.4f, validation accuracy %.4f, %.0f images/s",
                epoch,
                recipe.epochs,
                mean_loss,
                accuracy,
                speed,
            )
            history.append(Epoch(epoch, epoch * steps, mean_loss, accuracy, lr))
    return history


def accuracy_of(network: nn.Module, images: Images, info: NetworkInfo) -> float:
    """Return the share of `images` that the network classifies rightly."""
    logits = predict(network, images.pixels, info)
    return float((logits.argmax(1) == images.labels.cpu().numpy()).mean())


def _augmentation(
    recipe: Optimisation, seed: int, device: torch.device
) -> Callable[[Tensor], Tensor]:
    """Return the recipe's augmentations as one function, with a generator of their own."""
    generator = torch.Generator(device).manual_seed(seed)
    steps = [
        partial(
            plugin("augment", name).augment,
            generator=generator,
            options=options_of("augment", name, options),
        )
        for name, options in recipe.augment.items()
    ]

    def augment(images: Tensor) -> Tensor:
        for step in steps:
            images = step(images)
        return images

    return augment
