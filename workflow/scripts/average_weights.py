"""Make a network of the weights of others."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.config.place import Place
from weightscape.data.examples import load
from weightscape.engine.job import job
from weightscape.network.average import average, interpolate
from weightscape.network.saved import SavedNetwork, load_network, mark_failed, save_network
from weightscape.network.soup import cook_soup

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given, how = snakemake.input, snakemake.params.combination
    networks = [load_network(file) for file in given.networks]
    first, parts = networks[0], [network.tensors for network in networks]
    failures = [network.info.failure for network in networks if network.info.failure]
    if failures:
        made = mark_failed(first, f"made of a failed run: {failures[0]}")
        logging.error("%s", made.info.failure)
    elif how["method"] == "interpolation":
        start = load_network(given.initial).tensors
        made = SavedNetwork(interpolate(start, parts[0], how["share"]), first.info)
    elif how["method"] == "greedy_soup":
        place = Place(**snakemake.params.place)
        soup = cook_soup(networks, load(given.val), how["score"], place)
        made = SavedNetwork(soup, first.info)
    else:
        made = SavedNetwork(average(parts), first.info)
    about = note_failure(provenance, made.info.failure)
    save_network(snakemake.output.network, made, about)
