"""The training loop, shared by pre-training and fine-tuning."""

import logging
import math
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm

from weightscape.augment.chain import chain
from weightscape.config.recipe import Optimisation
from weightscape.config.score import Score
from weightscape.network.checkpoint import NetworkInfo
from weightscape.network.inputs import normalise, sized, to_unit
from weightscape.network.predict import predict
from weightscape.scoring.classification import classification_scores
from weightscape.train.batches import Batches, batches_of
from weightscape.train.kept import copy_of
from weightscape.train.mixup import mixed
from weightscape.train.optimiser import make_optimiser, make_schedule
from weightscape.train.sparsity import keep_zero, prune
from weightscape.train.state import Evaluation, Keeper, Training

log = logging.getLogger(__name__)


class Images(NamedTuple):
    """Images to train on or to look at.

    Attributes
    ----------
    pixels : torch.Tensor
        uint8 (n, channels, height, width), on the device or, where they do not fit, on the CPU.
    labels : torch.Tensor
        int64 (n,), on the device.
    domains : numpy.ndarray, optional
        Domain of each image, int64 (n,); of no concern where it is missing.
    """

    pixels: Tensor
    labels: Tensor
    domains: np.ndarray | None = None


class Streams(NamedTuple):
    """Seeds of a training's three streams of random numbers."""

    order: int
    augment: int
    dropout: int


def train(
    network: nn.Module,
    training: Images,
    validation: Images,
    info: NetworkInfo,
    recipe: Optimisation,
    streams: Streams,
    epoch_size: int | None = None,
    keeper: Keeper | None = None,
    observe: Callable[[Training, int], None] | None = None,
    score: Score = "accuracy",
) -> Training:
    """Train `network` in place and return how that went.

    Parameters
    ----------
    network : torch.nn.Module
        The network, on the device where it is trained.
    training, validation : Images
        The images. What is measured on the validation images may choose the network that is kept,
        see `Optimisation.select`, and nothing else.
    info : NetworkInfo
        How the network wants its input.
    recipe : Optimisation
        Optimiser, schedule, augmentation and what else acts while training.
    streams : Streams
        Seeds; equal ones on one machine give equal weights, bit by bit.
    epoch_size : int, optional
        Images that make an epoch, drawn from all of them; all when missing.
    keeper : Keeper, optional
        Where to go on from, and to keep the state for that: a training that is killed and started
        again gives the weights and the history of one that is not, bit by bit on a CPU.
    observe : callable, optional
        Called after every evaluation with the training and the steps that it has in all; may add
        to what the training has `kept`.
    score : {"accuracy", "balanced_accuracy", "auroc"}, optional
        The score on validation images by which the best network is chosen.

    Returns
    -------
    Training
        The history has an entry per evaluation.

    Raises
    ------
    ValueError
        If there are fewer training images than a batch holds.
    FloatingPointError
        If the loss stops being a finite number.
    """
    domains = training.domains if recipe.batch_per_domain else None
    batches = batches_of(
        len(training.labels), domains, recipe.batch_size, streams.order, epoch_size
    )
    per_epoch = batches.steps_per_epoch
    total = max(1, round(recipe.steps_factor * (recipe.steps or recipe.epochs * per_epoch)))
    interval = recipe.eval_interval or per_epoch
    device = next(network.parameters()).device
    optimiser = make_optimiser(network, recipe, info.classifier)
    state = Training(
        network,
        optimiser,
        make_schedule(optimiser, recipe, per_epoch, total),
        _generators(streams, device),
        score=score,
    )
    if keeper:
        keeper.resume(state)
    masks = prune(network, recipe.sparsity, info.classifier)
    step = _step_of(state, training, info, recipe)
    clock, first = time.perf_counter(), state.history[-1].step if state.history else 0
    done = first
    while done < total:
        stop = min(total, done + interval - done % interval)
        loss, lr = _advance(state, batches, range(done, stop), step, masks, recipe)
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss} at step {stop}; lower lr (it is {recipe.lr})"
            )
        done = stop
        scores = validate(network, validation, info)
        state.history.append(Evaluation(round(done / per_epoch, 6), done, loss, lr, **scores))
        if recipe.select == "best":
            _keep_best(state)
        if observe:
            observe(state, total)
        seconds = (time.perf_counter() - clock) / (done - first)
        log.info(
            "epoch %.4g of %.4g: loss %.4f, validation %s %.4f, %.0f images/s, %s left",
            done / per_epoch,
            total / per_epoch,
            loss,
            score.replace("_", " "),
            state.scores[-1],
            len(batches.groups) * recipe.batch_size / seconds,
            timedelta(seconds=round(seconds * (total - done))),
        )
        if keeper and done < total:
            keeper.save_if_due(state)
    if "best" in state.kept:
        network.load_state_dict(state.kept["best"])
    return state


def _keep_best(state: Training) -> None:
    *before, last = state.scores
    if all(last > score for score in before):
        state.kept["best"] = copy_of(state.network)


def _advance(
    state: Training,
    batches: Batches,
    steps: Iterable[int],
    step: Callable[[Tensor], Tensor],
    masks: list[tuple[Tensor, Tensor]],
    recipe: Optimisation,
) -> tuple[float, float]:
    """Do the steps; return the mean loss and the last step's learning rate."""
    state.network.train()
    if recipe.freeze_bn:
        for module in state.network.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
    lr, losses = math.nan, []
    for number in steps:
        loss = step(batches.of_step(number))
        state.optimiser.zero_grad()
        loss.backward()
        state.optimiser.step()
        keep_zero(masks)
        lr = float(state.schedule.get_last_lr()[0])
        state.schedule.step()
        losses.append(loss.detach())
    return torch.stack(losses).mean().item(), lr


def _step_of(
    state: Training, images: Images, info: NetworkInfo, recipe: Optimisation
) -> Callable[[Tensor], Tensor]:
    """Return the function that gives the loss of the images with the given indices."""
    device = next(state.network.parameters()).device
    augment = chain(recipe.augment, state.generators["augment"])
    mixes = recipe.mixup_alpha or recipe.cutmix_alpha

    def loss(indices: Tensor) -> Tensor:
        pixels = images.pixels[indices.to(images.pixels.device)].to(device, non_blocking=True)
        targets = images.labels[indices.to(device)]
        pixels = augment(sized(to_unit(pixels), info.img_size))
        if mixes:
            pixels, targets = mixed(
                pixels, targets, info.num_classes, recipe, state.generators["augment"]
            )
        with torch.autocast(device.type, torch.bfloat16, device.type == "cuda" and recipe.amp):
            logits = state.network(normalise(pixels, info))
        return cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)

    return loss


def validate(network: nn.Module, images: Images, info: NetworkInfo) -> dict[str, float | None]:
    """Return the network's scores on `images`, as the fields of `Evaluation` are called."""
    logits = predict(network, images.pixels, info)
    if not np.isfinite(logits).all():
        raise FloatingPointError("a logit of a validation image is not a finite number; lower lr")
    scores = classification_scores(logits, images.labels.cpu().numpy())
    return {
        f"val_{name}": value if math.isfinite(value) else None for name, value in scores.items()
    }


def _generators(streams: Streams, device: torch.device) -> dict[str, Generator]:
    """Return a generator for every stream; dropout draws from the device's own."""
    torch.manual_seed(streams.dropout)
    on_gpu = device.type == "cuda"
    return {
        "augment": Generator(device).manual_seed(streams.augment),
        "dropout": torch.cuda.default_generators[torch.cuda.current_device()]
        if on_gpu
        else torch.default_generator,
    }
