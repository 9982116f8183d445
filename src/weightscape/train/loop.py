"""The training loop, shared by pre-training and fine-tuning."""

import logging
import math
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm

from weightscape.config.recipe import Optimisation
from weightscape.config.score import Score
from weightscape.data.examples import Examples
from weightscape.network.live import LiveNetwork
from weightscape.network.predict import predict
from weightscape.scoring.classification import score_classification
from weightscape.train.batches import Batches, batches_of
from weightscape.train.kept import copy_of
from weightscape.train.optimiser import make_optimiser, make_schedule
from weightscape.train.shown import show_examples
from weightscape.train.sparsity import keep_zero, prune
from weightscape.train.state import DivergedError, Evaluation, Keeper, Training

log = logging.getLogger(__name__)


class TrainingData(NamedTuple):
    """What a network is trained on and watched by.

    Attributes
    ----------
    training, validation : Examples
        What is measured on the validation examples may choose the network that is kept, see
        `Optimisation.select`, and nothing else.
    epoch_size : int, optional
        Examples that make an epoch, drawn from all of them; all when missing.
    """

    training: Examples
    validation: Examples
    epoch_size: int | None = None


class Streams(NamedTuple):
    """Seeds of a training's three streams of random numbers."""

    order: int
    augment: int
    dropout: int


class Watch(NamedTuple):
    """What looks at a training while it goes on.

    Attributes
    ----------
    score : {"accuracy", "balanced_accuracy", "auroc"}
        The score on validation examples by which the best network is chosen, where it is.
    keeper : Keeper, optional
        Where to go on from, and to keep the state for that: a training that is killed and started
        again gives the weights and the history of one that is not, bit by bit on a CPU.
    after_evaluation : callable, optional
        Called with the training and the steps that it has in all; may add to what it has `kept`.
    after_step : tuple of callables, optional
        Called with the training and the steps done; may add to its `course` and to what it has
        `kept`, and draw no random numbers from the training's streams.
    """

    score: Score = "accuracy"
    keeper: Keeper | None = None
    after_evaluation: Callable[[Training, int], None] | None = None
    after_step: tuple[Callable[[Training, int], None], ...] = ()


UNWATCHED = Watch()


def train(
    network: LiveNetwork,
    data: TrainingData,
    recipe: Optimisation,
    streams: Streams,
    watch: Watch = UNWATCHED,
) -> Training:
    """Train `network` in place and return how that went.

    Parameters
    ----------
    network : LiveNetwork
        The network, on the device where it is trained.
    data : TrainingData
        The examples.
    recipe : Optimisation
        Optimiser, schedule, augmentation and what else acts while training.
    streams : Streams
        Seeds; equal ones on one machine give equal weights, bit by bit.
    watch : Watch, optional
        What looks at it.

    Returns
    -------
    Training
        The history has an entry per evaluation.

    Raises
    ------
    ValueError
        If there are fewer training examples than a batch holds.
    DivergedError
        If the loss, or a logit of a validation example, stops being a finite number.
    """
    inputs = network.put(data.training.inputs)
    labels = torch.from_numpy(data.training.labels).to(network.device)
    watched = network.put(data.validation.inputs)
    domains = data.training.domains if recipe.batch_per_domain else None
    batches = batches_of(len(labels), domains, recipe.batch_size, streams.order, data.epoch_size)
    per_epoch = batches.steps_per_epoch
    total = recipe.count_steps(per_epoch)
    optimiser = make_optimiser(network.module, recipe, network.classifier)
    state = Training(
        network.module,
        optimiser,
        make_schedule(optimiser, recipe, per_epoch, total),
        _generators(streams, network.device),
        score=watch.score,
        total=total,
    )
    if watch.keeper:
        watch.keeper.resume(state)
    masks = prune(network.module, recipe.sparsity, network.classifier)
    loss_of = _loss_function(network, state, inputs, labels, recipe)
    interval = recipe.eval_interval or per_epoch
    clock, first = time.perf_counter(), state.history[-1].step if state.history else 0
    done = first
    while done < total:
        stop = min(total, done + interval - done % interval)
        loss, lr = _advance(state, batches, range(done, stop), loss_of, masks, recipe, watch)
        if not np.isfinite(loss):
            reason = f"the loss is {loss} at step {stop}; lower lr (it is {recipe.lr})"
            raise DivergedError(reason, state)
        done = stop
        try:
            scores = validate(network, watched, data.validation.labels)
        except FloatingPointError as error:
            raise DivergedError(str(error), state) from error
        state.history.append(Evaluation(round(done / per_epoch, 6), done, loss, lr, **scores))
        if recipe.select == "best":
            _keep_best(state)
        if watch.after_evaluation:
            watch.after_evaluation(state, total)
        seconds = (time.perf_counter() - clock) / (done - first)
        log.info(
            "epoch %.4g of %.4g: loss %.4f, validation %s %.4f, %.0f examples/s, %s left",
            done / per_epoch,
            total / per_epoch,
            loss,
            watch.score.replace("_", " "),
            state.scores[-1],
            len(batches.groups) * recipe.batch_size / seconds,
            timedelta(seconds=round(seconds * (total - done))),
        )
        if watch.keeper and done < total:
            watch.keeper.save_if_due(state)
    if "best" in state.kept:
        network.module.load_state_dict(state.kept["best"])
    return state


def _keep_best(state: Training) -> None:
    *before, last = state.scores
    if all(last > score for score in before):
        state.kept["best"] = copy_of(state.network)


def _advance(
    state: Training,
    batches: Batches,
    steps: Iterable[int],
    loss_of: Callable[[Tensor], Tensor],
    masks: list[tuple[Tensor, Tensor]],
    recipe: Optimisation,
    watch: Watch,
) -> tuple[float, float]:
    """Do the steps; return the mean loss and the last step's learning rate."""
    state.network.train()
    if recipe.freeze_bn:
        for module in state.network.modules():
            if isinstance(module, _BatchNorm):
                module.eval()
    lr, losses = math.nan, []
    for number in steps:
        loss = loss_of(batches.of_step(number))
        state.optimiser.zero_grad()
        loss.backward()
        state.optimiser.step()
        keep_zero(masks)
        lr = float(state.schedule.get_last_lr()[0])
        state.schedule.step()
        losses.append(loss.detach())
        for look in watch.after_step:
            look(state, number + 1)
    return torch.stack(losses).mean().item(), lr


def _loss_function(
    network: LiveNetwork, state: Training, inputs: Tensor, labels: Tensor, recipe: Optimisation
) -> Callable[[Tensor], Tensor]:
    """Return the function that gives the loss of the examples with the given indices."""
    show = show_examples(network, inputs, labels, recipe, state.generators["augment"])
    kind = network.device.type

    def loss(indices: Tensor) -> Tensor:
        batch, targets = show(indices)
        with torch.autocast(kind, torch.bfloat16, kind == "cuda" and recipe.amp):
            logits = network.module(batch)
        return cross_entropy(logits.float(), targets, label_smoothing=recipe.label_smoothing)

    return loss


def validate(network: LiveNetwork, inputs: Tensor, labels: np.ndarray) -> dict[str, float | None]:
    """Return the network's scores on examples, as the fields of `Evaluation` are called.

    Parameters
    ----------
    network : LiveNetwork
        The network.
    inputs : torch.Tensor
        What its `put` gives.
    labels : numpy.ndarray
        Their classes.

    Raises
    ------
    FloatingPointError
        If a logit is not a finite number.
    """
    logits = predict(network, inputs)
    if not np.isfinite(logits).all():
        raise FloatingPointError("a logit of a validation image is not a finite number; lower lr")
    scores = score_classification(logits, labels)
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
