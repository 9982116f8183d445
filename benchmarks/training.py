"""Speed of training: this package beside a plain PyTorch loop, and of every augmentation.

Both train the same network on the same images, with as many threads and the same optimiser,
schedule and kind of augmentation; the plain loop takes torchvision's transforms, image by image, in
a DataLoader with a worker per core. They take turns; times are medians over the rounds.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from benchmarks.report import Table, cores
from weightscape.config.augmentation import Augmentation
from weightscape.config.place import Place
from weightscape.config.plugins import make_plugin
from weightscape.config.recipe import Recipe
from weightscape.data.digits import Digits
from weightscape.data.examples import Examples
from weightscape.data.split import split_stratified
from weightscape.network.build import describe, initialise, make_live
from weightscape.network.predict import predict
from weightscape.network.saved import NetworkInfo, SavedNetwork
from weightscape.train.finetune import finetune, streams_of
from weightscape.train.loop import TrainingData

ROUNDS = 3
SEEDS = 2
RECIPE = Recipe(epochs=8, batch_size=64, lr=1e-3, weight_decay=0.01, augment="trivial_augment")
AUGMENTATIONS = {
    "trivial_augment": {}, "auto_augment": {}, "rand_augment": {}, "aug_mix": {},
    "gaussian_noise": {"sd": 0.05}, "random_shift": {}, "horizontal_flip": {},
    "vertical_flip": {}, "elastic": {}, "random_resized_crop": {}, "color_jitter": {},
    "random_grayscale": {}, "random_erasing": {},
}  # fmt: skip
NETWORKS = {"resnet10t": {}, "half as wide": {"channels": (32, 64, 128, 256)}}
_LOOP_NOTE = """\
Seconds of a whole training, workers' start included, and accuracy on the test images, mean over
the seeds."""
_AUGMENT_NOTE = """\
One thread. The network's own rate is that of its forward and backward pass and the optimiser's step
on the same images, resnet10t at 32 pixels and resnet50 at 224; an augmentation that is many times
faster costs a small part of a step."""


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the tables; `factor` multiplies the numbers of rounds."""
    rounds = 1 if quick else max(1, round(ROUNDS * factor))
    return [
        Table("A whole training", _loops(rounds, quick), _LOOP_NOTE),
        Table("Images per second", _rates(rounds, quick), _AUGMENT_NOTE),
    ]


# A whole training.


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Images with a transform each, as a plain PyTorch program has them."""

    def __init__(self, images: Examples, transform: Callable[[torch.Tensor], torch.Tensor]) -> None:
        self.images, self.transform = images, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        pixels = torch.from_numpy(self.images.inputs[index])
        return self.transform(pixels), int(self.images.labels[index])


def _plain(
    initial: dict[str, torch.Tensor],
    info: NetworkInfo,
    parts: dict[str, Examples],
    recipe: Recipe,
) -> float:
    """Train as a plain loop does; return the accuracy on the test images."""
    network = initialise(info, 1, {}).to(memory_format=torch.contiguous_format)
    network.load_state_dict(initial)
    after = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])]
    train, test = v2.Compose([v2.TrivialAugmentWide(), *after]), v2.Compose(after)
    batches = DataLoader(
        Pictures(parts["train"], train), recipe.batch_size, shuffle=True, drop_last=True,
        num_workers=cores(), persistent_workers=True,
    )  # fmt: skip
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.epochs * len(batches))
    network.train()
    for _ in range(recipe.epochs):
        for pixels, labels in batches:
            loss = nn.functional.cross_entropy(network(pixels), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    network.eval()
    with torch.inference_mode():
        found = [
            network(p).argmax(1) == y for p, y in DataLoader(Pictures(parts["test"], test), 512)
        ]
    return float(torch.cat(found).float().mean())


def _ours(
    initial: dict[str, torch.Tensor],
    info: NetworkInfo,
    parts: dict[str, Examples],
    recipe: Recipe,
    seed: int,
) -> float:
    data = TrainingData(parts["train"], parts["val"])
    streams = streams_of("digits", seed, 0)
    tuned = finetune(SavedNetwork(initial, info), data, recipe, streams, Place("cpu", cores()))
    network = make_live(tuned.network, info)
    logits = predict(network, network.put(parts["test"].inputs))
    return float((logits.argmax(1) == parts["test"].labels).mean())


def _loops(rounds: int, quick: bool) -> list[dict[str, object]]:
    images = Digits(image_size=16 if quick else 32)(Path(), 0)
    split = split_stratified(images.labels, 0.13, 0.2, 0)
    parts = {
        name: images.subset(indices[: 200 if quick else None]) for name, indices in split.items()
    }
    recipe = RECIPE.model_copy(update={"epochs": 1}) if quick else RECIPE
    torch.set_num_threads(cores())
    rows = []
    for network, args in NETWORKS.items():
        info = describe("resnet10t", 1, 10, model_args=args)
        seconds: dict[str, list[float]] = {"weightscape": [], "plain loop": []}
        accuracy: dict[str, list[float]] = {"weightscape": [], "plain loop": []}
        for number in range(rounds):
            seed = number % SEEDS
            initial = initialise(info, seed, {}).state_dict()
            for name, run in (
                ("weightscape", partial(_ours, initial, info, parts, recipe, seed)),
                ("plain loop", partial(_plain, initial, info, parts, recipe)),
            ):
                torch.manual_seed(seed)
                start = time.perf_counter()
                accuracy[name].append(run())
                seconds[name].append(time.perf_counter() - start)
        own = median(seconds["weightscape"])
        rows += [
            {
                "network": network,
                "loop": name,
                "seconds": median(taken),
                "over weightscape": median(taken) / own,
                "test accuracy": float(np.mean(accuracy[name])),
            }
            for name, taken in seconds.items()
        ]
    torch.use_deterministic_algorithms(False)
    return rows


# Images per second.


def _rates(rounds: int, quick: bool) -> list[dict[str, object]]:
    sizes = {"32 px, batch 64": (64, 32, "resnet10t"), "224 px, batch 16": (16, 224, "resnet50")}
    if quick:
        sizes = {"16 px, batch 4": (4, 16, "resnet10t")}
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = [{"what": "the network's own"}]
    rows += [{"what": name} for name in AUGMENTATIONS]
    for label, (batch, side, architecture) in sizes.items():
        images = torch.rand(batch, 3, side, side, generator=torch.Generator().manual_seed(0))
        steps = [_step(architecture, images)]
        for name, values in AUGMENTATIONS.items():
            augment = make_plugin(Augmentation, name, values)
            steps.append(partial(augment, images, torch.Generator()))
        for row, step in zip(rows, steps, strict=True):
            step()  # what is done once
            row[label] = batch / median(_seconds(step) for _ in range(3 * rounds))
    return rows


def _step(architecture: str, images: torch.Tensor) -> Callable[[], object]:
    network = initialise(describe(architecture, 3, 10), 0, {}).train()
    optimiser = torch.optim.AdamW(network.parameters(), fused=True)
    labels = torch.zeros(len(images), dtype=torch.int64)
    pixels = images.to(memory_format=torch.channels_last)

    def step() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(pixels), labels).backward()
        optimiser.step()

    return step


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start
