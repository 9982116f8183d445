"""Make a network of the weights of others."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.data.examples import load
from weightscape.engine.job import job, run_of
from weightscape.network.average import average, interpolate
from weightscape.network.saved import SavedNetwork, load_network, mark_failed, save_network
from weightscape.network.soup import cook_soup
from weightscape.seeds import seed_for
from weightscape.train.batch_norm import recompute_bn, shown_to

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given, params = snakemake.input, snakemake.params
    run, how, place = run_of(snakemake.wildcards), params.combination, Place(**params.place)
    networks = [load_network(file) for file in given.networks]
    first, parts = networks[0], [network.tensors for network in networks]
    failures = [network.info.failure for network in networks if network.info.failure]
    # Where batch norms stay as they are combined there are neither recipes nor images.
    recipes = [Recipe(**recipe) for recipe in params.recipes]
    names = dict.fromkeys(name for recipe in recipes for name in recipe.synthetic)
    synthetic = dict(zip(names, map(load, given.get("synthetic", [])), strict=True))
    shown = shown_to(recipes, load(given.train), synthetic, run) if recipes else []
    seed = seed_for("batch norm", run.dataset, run.seed)

    def finish(network, places):
        """Give a network of those at some places the statistics of its own batch norms."""
        return recompute_bn(network, [shown[k] for k in places] if shown else [], seed, place)

    if failures:
        made = mark_failed(first, f"made of a failed run: {failures[0]}")
        logging.error("%s", made.info.failure)
    elif how["method"] == "interpolation":
        start = load_network(given.initial).tensors
        made = finish(SavedNetwork(interpolate(start, parts[0], how["share"]), first.info), [0])
    elif how["method"] == "greedy_soup":
        made = cook_soup(networks, load(given.val), how["score"], place, finish)
    else:
        made = finish(SavedNetwork(average(parts), first.info), range(len(parts)))
    about = note_failure(provenance, made.info.failure)
    save_network(snakemake.output.network, made, about)
