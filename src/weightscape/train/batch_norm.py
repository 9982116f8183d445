"""Statistics of batch norms in networks that are made of the weights of others.

Batch norms divide by what they have seen of their inputs. The mean of two networks has other
activations than either, and neither's statistics, nor their mean, are those of its own.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from torch.optim.swa_utils import update_bn

from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.data.mixing import mix_for
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.live import LiveNetwork
from weightscape.network.regularisers import active_regularisers, switch_off
from weightscape.network.saved import SavedNetwork
from weightscape.train.batches import batches_of
from weightscape.train.shown import show_examples

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    """What a run was trained on.

    Attributes
    ----------
    training : Examples
        Its training examples, synthetic ones among them where it had some.
    recipe : Recipe
        How it was shown them; of the recipe `Recipe.shown` alone.
    """

    training: Examples
    recipe: Recipe


def shown_to(
    recipes: Sequence[Recipe], real: Examples, synthetic: Mapping[str, Examples], run: RunId
) -> list[Shown]:
    """Return what the runs of some recipes were trained on; those of equal ones share it.

    Parameters
    ----------
    recipes : sequence of Recipe
        The recipes.
    real : Examples
        The real training examples.
    synthetic : mapping of str to Examples
        The synthetic ones by the name of their generator.
    run : RunId
        A run of their dataset and seed.
    """
    found: list[Shown] = []
    for recipe in recipes:
        shared = next((each for each in found if each.recipe == recipe), None)
        if shared is None:
            parts = [synthetic[name] for name in recipe.synthetic]
            shared = Shown(mix_for(real, parts, recipe, run), recipe)
        found.append(shared)
    return found


def recompute_bn(
    network: SavedNetwork, shown: Sequence[Shown], seed: int, place: Place
) -> SavedNetwork:
    """Return a network, the statistics of its batch norms recomputed on training examples.

    The examples come as they came in training, in batches and augmented, but nothing is dropped and
    no weight changes. Means and variances are the plain means of those of the batches. Where there
    is no batch norm, or all of the runs froze theirs, the network is returned as it is.

    Parameters
    ----------
    network : SavedNetwork
        The network.
    shown : sequence of Shown
        What the runs were trained on of whose weights it is made. They take turns, a batch each,
        until there are as many batches as make a pass over the examples of one, the largest.
    seed : int
        Decides the order of the examples and what augmentations draw.
    place : Place
        Where to compute.

    References
    ----------
    Izmailov et al. (2018), Averaging Weights Leads to Wider Optima and Better Generalization,
    arXiv:1803.05407, section 3.2; of interpolations Jordan et al. (2023), REPAIR: REnormalizing
    Permuted Activations for Interpolation Repair, arXiv:2211.08403.
    """
    if all(each.recipe.freeze_bn for each in shown):
        return network
    live = restore(network, select_device(*place))
    switch_off(live.module, active_regularisers(live.module))
    update_bn(_batches(live, shown, seed), live.module)
    return network._replace(tensors={k: t.cpu() for k, t in live.module.state_dict().items()})


def _batches(live: LiveNetwork, shown: Sequence[Shown], seed: int) -> Iterator[Tensor]:
    """Yield the examples of a pass as the network takes them."""
    generator = Generator(live.device).manual_seed(seed)
    orders, shows = {}, {}
    for each in shown:
        # Equal ones are the same: their images are on the device once.
        if id(each) in shows:
            continue
        data, recipe = each
        domains = data.domains if recipe.batch_per_domain else None
        orders[id(each)] = batches_of(len(data), domains, recipe.batch_size, seed, None)
        labels = torch.from_numpy(data.labels).to(live.device)
        shows[id(each)] = show_examples(live, live.put(data.inputs), labels, recipe, generator)
    steps = max(max(order.passes) // order.size for order in orders.values()) or 1
    for step, each in zip(range(steps), cycle(shown), strict=False):
        batch, _ = shows[id(each)](orders[id(each)].of_step(step))
        yield batch
    log.info("statistics of batch norms are those of %d batches", steps)
