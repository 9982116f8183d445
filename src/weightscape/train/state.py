"""A training between two evaluations, and the file that a killed one goes on from."""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from weightscape.config.score import Score
from weightscape.content import identity_of
from weightscape.tensors import read_about, read_tensors, write_tensors

log = logging.getLogger(__name__)


class Evaluation(NamedTuple):
    """What is known at an evaluation; the fields are columns of the table `training`."""

    epoch: float
    step: int
    loss: float
    lr: float
    val_accuracy: float | None = None
    val_balanced_accuracy: float | None = None
    val_auroc: float | None = None


@dataclass
class Training:
    """All that the steps to come depend on.

    Attributes
    ----------
    network, optimiser, schedule
        What is trained, and by what.
    generators : dict
        Generators of random numbers by the name of their stream.
    history : list of Evaluation
        The evaluations that there were.
    kept : dict of dict of torch.Tensor
        What evaluations have left, such as the weights of the best network, under its name.
    score : str
        The score on validation examples by which the best network is chosen.
    course : list of dict
        What was measured along the way: rows of the table `measurements` without the run.
    total : int
        Steps that it has in all.
    failure : str
        Why it has come to no end, such as a loss that is no number; empty where it has.
    """

    network: nn.Module
    optimiser: Optimizer
    schedule: LambdaLR
    generators: dict[str, Generator]
    history: list[Evaluation] = field(default_factory=list)
    kept: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    score: Score = "accuracy"
    course: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    failure: str = ""

    @property
    def scores(self) -> list[float]:
        """The score of every evaluation; below any other where there is none."""
        found = [getattr(entry, f"val_{self.score}") for entry in self.history]
        return [-math.inf if value is None else value for value in found]

    @property
    def selected(self) -> Evaluation:
        """The evaluation that the trained network is of: the first of the best where it is kept."""
        if "best" in self.kept:
            return self.history[self.scores.index(max(self.scores))]
        return self.history[-1]


class DivergedError(FloatingPointError):
    """A training cannot go on: a loss or a logit is no finite number.

    Attributes
    ----------
    training : Training
        As it was then; its `failure` says why.
    """

    def __init__(self, reason: str, training: Training) -> None:
        super().__init__(reason)
        training.failure = reason
        self.training = training


@dataclass
class Keeper:
    """Keeps the state of a training in a file, for the case that its process is killed.

    Attributes
    ----------
    path : Path
        The file. It is a safetensors file: reading one runs no code.
    identity : str
        What is trained, and how: a file with another identity is not gone on from.
    seconds : float
        Time between two writes. A training that is over sooner leaves no file.
    """

    path: Path
    identity: str
    seconds: float = 120
    _last: float = field(default_factory=time.monotonic)

    def save_if_due(self, training: Training) -> None:
        """Write the state if the last write, or the start, is long enough ago."""
        if time.monotonic() - self._last >= self.seconds:
            save_state(self.path, self.identity, training)
            self._last = time.monotonic()

    def resume(self, training: Training) -> None:
        """Bring a training that is about to start to the state in the file, if there is one."""
        if load_state(self.path, self.identity, training):
            log.info("goes on after epoch %g, from %s", training.history[-1].epoch, self.path)

    def remove(self) -> None:
        """Remove the file: what the training gave is safe elsewhere."""
        self.path.unlink(missing_ok=True)


def keeper_beside(output: str | Path, *identity: Any) -> Keeper:
    """Return a keeper whose file lies beside `output`, for what `identity` tells apart."""
    return Keeper(Path(output).with_name(".training.safetensors"), identity_of(*identity))


def save_state(path: Path, identity: str, training: Training) -> None:
    """Write the state of `training` to `path`, whole or not at all."""
    about = {
        "identity": identity,
        "schedule": training.schedule.state_dict(),
        "history": training.history,
        "course": training.course,
    }
    write_tensors(path, {name: t.detach().cpu().numpy() for name, t in _tensors(training)}, about)


def load_state(path: Path, identity: str, training: Training) -> bool:
    """Bring `training` to the state at `path`; return whether there is one of this identity.

    Parameters
    ----------
    path : Path
        A file of `save_state`, or nothing.
    identity : str
        What the file must have been written with.
    training : Training
        Set up with the same network, optimiser and schedule; changed in place.
    """
    if not path.is_file():
        return False
    try:
        about = read_about(path)
        if about["identity"] != identity:
            log.info("%s is of another training and is left aside", path)
            return False
        tensors = {name: torch.from_numpy(array) for name, array in read_tensors(path).items()}
    except ValueError as error:
        log.warning("%s cannot be read and is left aside: %s", path, error)
        return False
    state = training.network.state_dict()
    training.network.load_state_dict({name: tensors[f"network/{name}"] for name in state})
    for name, generator in training.generators.items():
        generator.set_state(tensors[f"generator/{name}"])
    for name, parameter in training.network.named_parameters():
        start = f"optimiser/{name}/"
        training.optimiser.state[parameter] = {
            key.removeprefix(start): _like(tensor, parameter)
            for key, tensor in tensors.items()
            if key.startswith(start)
        }
    training.schedule.load_state_dict(about["schedule"])
    rates = training.schedule.get_last_lr()
    for group, lr in zip(training.optimiser.param_groups, rates, strict=True):
        group["lr"] = lr
    training.history[:] = [Evaluation(*entry) for entry in about["history"]]
    training.course[:] = about["course"]
    for name, tensor in tensors.items():
        if name.startswith("kept/"):
            _, what, key = name.split("/", 2)
            training.kept.setdefault(what, {})[key] = tensor
    return True


def _tensors(training: Training) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in training.network.state_dict().items():
        yield f"network/{name}", tensor
    for what, kept in training.kept.items():
        for name, tensor in kept.items():
            yield f"kept/{what}/{name}", tensor
    for name, generator in training.generators.items():
        yield f"generator/{name}", generator.get_state()
    for name, parameter in training.network.named_parameters():
        for key, value in training.optimiser.state[parameter].items():
            yield f"optimiser/{name}/{key}", value


def _like(tensor: Tensor, parameter: Tensor) -> Tensor:
    """Return `tensor` where and how the optimiser keeps it: laid out as its parameter is."""
    if tensor.shape != parameter.shape:  # a count of steps
        return tensor.to(parameter.device)
    return torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor)
