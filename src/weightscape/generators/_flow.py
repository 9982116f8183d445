"""Training a network that says how noise becomes images, and following what it says."""

import logging
import time
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import LambdaLR

from weightscape.generators._unet import UNet
from weightscape.generators.model import Setting
from weightscape.network.device import select_device
from weightscape.train.schedule import cosine
from weightscape.train.state import Evaluation, Keeper, Training

log = logging.getLogger(__name__)

ROUND = 50
"""Steps between two lines in the log, and at least between two states on disk."""

SPREAD = 1.7
"""Standard deviation of the logarithm of t / (1 − t), whose mean is 0.

With 1, times near 0 and 1 are so rare that images come out with too little variance.
"""

FINER = 1.5
"""Power of evenly spaced times at which a step begins: shorter steps where images have settled.

With it 20 steps of Heun's method give normal images their standard deviation to .7 %, for any from
.05 to 1.5 of the noise's; with even steps they take 29 % off the smallest, and Euler's method
takes 6 to 36 % off all.
"""


class Learning(NamedTuple):
    """A network, and how it is trained.

    Attributes
    ----------
    widths : tuple of int
        Channels at every resolution, as in `UNet`.
    steps, batch_size : int
        Steps of the training, and images in one.
    lr : float
        Peak learning rate.
    warmup_steps : int
        Steps in which it is reached.
    weight_decay : float
        Decoupled weight decay.
    ema : float
        Weight of the past in the running average of the weights.
    label_dropping : float
        Share of the images whose class the network is not told.
    """

    widths: tuple[int, ...]
    steps: int
    batch_size: int
    lr: float
    warmup_steps: int
    weight_decay: float
    ema: float
    label_dropping: float


class Integration(NamedTuple):
    """How velocities are followed.

    Attributes
    ----------
    solver : {"heun", "euler"}
        How a step is made.
    steps : int
        Steps from noise to an image.
    guidance : float
        How far to go beyond the class's velocity, away from that of no class.
    """

    solver: str = "heun"
    steps: int = 20
    guidance: float = 0


def train_network(
    images: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    learning: Learning,
    setting: Setting,
) -> tuple[dict[str, npt.NDArray[Any]], float]:
    """Return the weights of a trained network, averaged over its last steps, and the last loss.

    Parameters
    ----------
    images : ndarray of float32, shape (n, channels, height, width)
        The images, values from −1 to 1.
    labels : ndarray of int64, shape (n,)
        Their classes.
    learning : Learning
        The network and its training.
    setting : Setting
        The seed, the place, and the file from which a killed training goes on: to the same
        weights, bit by bit on a CPU.

    Raises
    ------
    FloatingPointError
        If the loss stops being a finite number.
    """
    device = select_device(*setting.place)
    torch.manual_seed(setting.seed)
    network, average = (
        build_unet(images.shape[1], len(setting.classes), learning.widths).to(device)
        for _ in range(2)
    )
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(
        network.parameters(), learning.lr, weight_decay=learning.weight_decay, fused=True
    )
    state = Training(
        nn.ModuleDict({"network": network, "average": average}),
        optimiser,
        LambdaLR(optimiser, lambda step: cosine(step, learning.warmup_steps, learning.steps)),
        {"draws": torch.Generator(device).manual_seed(setting.seed)},
    )
    keeper = Keeper(setting.state, setting.identity) if setting.state else None
    if keeper:
        keeper.resume(state)
    pixels, classes = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    begun, start = state.history[-1].step if state.history else 0, time.perf_counter()
    for done in range(begun, learning.steps, ROUND):
        end = min(done + ROUND, learning.steps)
        total = torch.zeros((), device=device)
        for step in range(done, end):
            total += _step(state, pixels, classes, learning, step)
        loss = total.item() / (end - done)
        if not np.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {loss} at step {end}; lower lr ({learning.lr:g})"
            )
        lr = optimiser.param_groups[0]["lr"]
        passes = end * learning.batch_size / len(classes)
        state.history.append(Evaluation(passes, end, loss, lr))
        seconds = (time.perf_counter() - start) / (end - begun)
        log.info(
            "step %d of %d: loss %.4f, %.0f images/s, %s left",
            end,
            learning.steps,
            loss,
            learning.batch_size / seconds,
            timedelta(seconds=round(seconds * (learning.steps - end))),
        )
        if keeper and end < learning.steps:
            keeper.save_if_due(state)
    weights = {name: tensor.cpu().numpy() for name, tensor in average.state_dict().items()}
    return weights, state.history[-1].loss


def _step(
    state: Training, pixels: Tensor, classes: Tensor, learning: Learning, step: int
) -> Tensor:
    """Train for one step and return its loss."""
    network, average = state.network["network"], state.network["average"]  # type: ignore[index]
    draws, size = state.generators["draws"], learning.batch_size

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draws, device=pixels.device)

    chosen = torch.randint(len(classes), (size,), generator=draws, device=pixels.device)
    dropped = torch.rand(size, generator=draws, device=pixels.device) < learning.label_dropping
    images, noise = pixels[chosen], normal(size, *pixels.shape[1:])
    times = (SPREAD * normal(size)).sigmoid()
    labels = torch.where(dropped, network.no_class, classes[chosen])
    between = torch.lerp(images, noise, times[:, None, None, None])
    loss = mse_loss(network(between, times, labels), noise - images)
    state.optimiser.zero_grad()
    loss.backward()
    state.optimiser.step()
    state.schedule.step()
    # The first weights are far from the last ones: at the start the average is a short one.
    decay = min(learning.ema, (1 + step) / (10 + step))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
    return loss.detach()


@torch.inference_mode()
def follow(network: UNet, noise: Tensor, labels: Tensor, integration: Integration) -> Tensor:
    """Return the images that `noise` becomes, by the network's velocities from time 1 to 0.

    Parameters
    ----------
    network : UNet
        The network.
    noise : torch.Tensor
        float32 (n, channels, height, width), normal.
    labels : torch.Tensor
        int64 (n,), the classes.
    integration : Integration
        The solver, its steps, guidance.
    """
    nothing = torch.full_like(labels, network.no_class)

    def velocity(x: Tensor, at: Tensor) -> Tensor:
        times = at.expand(len(x))
        of_class: Tensor = network(x, times, labels)
        if integration.guidance == 0:
            return of_class
        of_none: Tensor = network(x, times, nothing)
        return of_class + integration.guidance * (of_class - of_none)

    times = torch.linspace(1, 0, integration.steps + 1, device=noise.device) ** FINER
    x = noise
    for now, after in pairwise(times):
        slope = velocity(x, now)
        if integration.solver == "heun" and after > 0:
            slope = (slope + velocity(x + (after - now) * slope, after)) / 2
        x = x + (after - now) * slope
    return x


def build_unet(channels: int, classes: int, widths: tuple[int, ...]) -> UNet:
    """Return a network of these widths, channels last in memory."""
    return UNet(channels, classes, widths).to(memory_format=torch.channels_last)
