"""Training examples as a network is shown them: augmented, mixed and encoded."""

from collections.abc import Callable

from torch import Generator, Tensor

from weightscape.augment.chain import chain
from weightscape.config.recipe import Optimisation
from weightscape.network.live import LiveNetwork
from weightscape.train.mixup import mix


def show_examples(
    network: LiveNetwork, inputs: Tensor, labels: Tensor, recipe: Optimisation, generator: Generator
) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """Return the function that gives the batch of the examples with the given indices.

    A batch is what the network takes, and its targets: classes, int64 (n,), or where examples are
    mixed the shares of the classes, float32 (n, classes).

    Parameters
    ----------
    network : LiveNetwork
        What the examples are for.
    inputs : torch.Tensor
        What its `put` gives of the examples.
    labels : torch.Tensor
        Their classes, int64 (n,), on the network's device.
    recipe : Optimisation
        How they are augmented and mixed.
    generator : torch.Generator
        Where all draws come from, on the network's device.
    """
    device, adapter = network.device, network.adapter
    augment = chain(recipe.augmentations, generator)
    mixes = recipe.mixup_alpha or recipe.cutmix_alpha

    def show(indices: Tensor) -> tuple[Tensor, Tensor]:
        # Inputs that are too large for the device lie on the CPU, their labels never do.
        rows = inputs[indices.to(inputs.device)].to(device, non_blocking=True)
        targets = labels[indices.to(device)]
        batch = augment(adapter.decode(rows))
        if mixes:
            batch, targets = mix(batch, targets, network.num_classes, recipe, generator)
        return adapter.encode(batch), targets

    return show
