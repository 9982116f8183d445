"""Training a network that says how noise becomes images, and following what it says."""

import logging
import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss
from torch.optim.lr_scheduler import LambdaLR

from weightscape.generators._unet import UNet
from weightscape.generators.model import Setting
from weightscape.network.device import select_device
from weightscape.train.optimiser import cosine
from weightscape.train.state import Evaluation, Keeper, Training

if TYPE_CHECKING:
    from weightscape.generators.diffusion import Options

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


def train(
    images: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64],
    options: "Options",
    setting: Setting,
) -> tuple[dict[str, npt.NDArray[Any]], float]:
    """Return the weights of a trained network, averaged over its last steps, and the last loss.

    Parameters
    ----------
    images : ndarray of float32, shape (n, channels, height, width)
        The images, values from −1 to 1.
    labels : ndarray of int64, shape (n,)
        Their classes.
    options : Options
        Network and training.
    setting : Setting
        The seed, the device, and the file from which a killed training goes on: to the same
        weights, bit by bit on a CPU.

    Raises
    ------
    FloatingPointError
        If the loss stops being a finite number.
    """
    device = select_device(setting.device, setting.threads)
    torch.manual_seed(setting.seed)
    network, average = (
        unet(images.shape[1], len(setting.classes), options).to(device) for _ in range(2)
    )
    average.load_state_dict(network.state_dict())
    optimiser = torch.optim.AdamW(
        network.parameters(), options.lr, weight_decay=options.weight_decay, fused=True
    )
    state = Training(
        nn.ModuleDict({"network": network, "average": average}),
        optimiser,
        LambdaLR(optimiser, lambda step: cosine(step, options.warmup_steps, options.steps)),
        {"draws": torch.Generator(device).manual_seed(setting.seed)},
    )
    keeper = Keeper(setting.state, setting.identity) if setting.state else None
    if keeper:
        keeper.resume(state)
    pixels, classes = torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)
    begun, start = state.history[-1].step if state.history else 0, time.perf_counter()
    for done in range(begun, options.steps, ROUND):
        end = min(done + ROUND, options.steps)
        total = torch.zeros((), device=device)
        for step in range(done, end):
            total += _step(state, pixels, classes, options, step)
        loss = total.item() / (end - done)
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} at step {end}; lower lr ({options.lr:g})")
        lr = optimiser.param_groups[0]["lr"]
        passes = end * options.batch_size / len(classes)
        state.history.append(Evaluation(passes, end, loss, lr))
        seconds = (time.perf_counter() - start) / (end - begun)
        log.info(
            "step %d of %d: loss %.4f, %.0f images/s, %s left",
            end,
            options.steps,
            loss,
            options.batch_size / seconds,
            timedelta(seconds=round(seconds * (options.steps - end))),
        )
        if keeper and end < options.steps:
            keeper.save_if_due(state)
    weights = {name: tensor.cpu().numpy() for name, tensor in average.state_dict().items()}
    return weights, state.history[-1].loss


def _step(
    state: Training, pixels: Tensor, classes: Tensor, options: "Options", step: int
) -> Tensor:
    """Train for one step and return its loss."""
    network, average = state.network["network"], state.network["average"]  # type: ignore[index]
    draws, size = state.generators["draws"], options.batch_size

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draws, device=pixels.device)

    chosen = torch.randint(len(classes), (size,), generator=draws, device=pixels.device)
    dropped = torch.rand(size, generator=draws, device=pixels.device) < options.label_dropping
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
    decay = min(options.ema, (1 + step) / (10 + step))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)
    return loss.detach()


@torch.inference_mode()
def follow(network: UNet, noise: Tensor, labels: Tensor, options: "Options") -> Tensor:
    """Return the images that `noise` becomes, by the network's velocities from time 1 to 0.

    Parameters
    ----------
    network : UNet
        The network.
    noise : torch.Tensor
        float32 (n, channels, height, width), normal.
    labels : torch.Tensor
        int64 (n,), the classes.
    options : Options
        The solver, its steps, guidance.
    """
    nothing = torch.full_like(labels, network.no_class)

    def velocity(x: Tensor, at: Tensor) -> Tensor:
        times = at.expand(len(x))
        of_class: Tensor = network(x, times, labels)
        if options.guidance == 0:
            return of_class
        of_none: Tensor = network(x, times, nothing)
        return of_class + options.guidance * (of_class - of_none)

    times = torch.linspace(1, 0, options.sampling_steps + 1, device=noise.device) ** FINER
    x = noise
    for now, after in pairwise(times):
        slope = velocity(x, now)
        if options.solver == "heun" and after > 0:
            slope = (slope + velocity(x + (after - now) * slope, after)) / 2
        x = x + (after - now) * slope
    return x


def unet(channels: int, classes: int, options: "Options") -> UNet:
    """Return the network that the options describe, channels last in memory."""
    widths = tuple(options.channels * multiplier for multiplier in options.multipliers)
    return UNet(channels, classes, widths).to(memory_format=torch.channels_last)
