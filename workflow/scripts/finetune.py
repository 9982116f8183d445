"""Fine-tune one network under one condition."""

from typing import TYPE_CHECKING

from weightscape.config.recipe import Recipe
from weightscape.content import content_digest
from weightscape.data.labelled import load
from weightscape.data.mixing import mixed_for
from weightscape.data.test_sets import load_test_sets
from weightscape.job import job, run_of
from weightscape.network.checkpoint import load_tensors
from weightscape.train.finetune import Along, finetune, streams_of
from weightscape.train.results import save_tuned
from weightscape.train.state import keeper_beside

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    run, recipe = run_of(snakemake.wildcards), Recipe(**snakemake.params.recipe)
    given, params = snakemake.input, snakemake.params
    tensors, info = load_tensors(given.initial)
    real = load(given.train)
    synthetic = [load(file) for file in given.get("synthetic", [])]
    along = None
    if "average" in snakemake.output.keys():
        tests = dict(load_test_sets(given.val, given.test, params.shifts, given.shifts))
        along = Along(tests, params.average_from)
    content = [content_digest(file) for file in given]
    keeper = keeper_beside(snakemake.output.network, provenance, content)
    tuned = finetune(
        tensors,
        info,
        mixed_for(real, synthetic, recipe, run),
        load(given.val),
        recipe,
        streams_of(run["dataset"], run["seed"], recipe.data_order),
        len(real),
        params.device,
        params.threads,
        keeper,
        along,
        params.score,
    )
    save_tuned(dict(snakemake.output.items()), tuned, info, run, along, provenance)
    keeper.remove()
