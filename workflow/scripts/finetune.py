"""Fine-tune one network under one condition."""

from typing import TYPE_CHECKING

from weightscape.config.measurement import MeasurementEntry
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.config.spectra_along import SpectraAlong
from weightscape.content import content_digest
from weightscape.data.examples import load
from weightscape.data.mixing import mix_for
from weightscape.data.test_sets import load_test_sets
from weightscape.engine.job import job, run_of
from weightscape.network.saved import load_network
from weightscape.seeds import seed_for
from weightscape.train.finetune import Along, finetune, streams_of
from weightscape.train.loop import TrainingData, Watch
from weightscape.train.results import save_training
from weightscape.train.state import keeper_beside

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    run, recipe = run_of(snakemake.wildcards), Recipe(**snakemake.params.recipe)
    given, params = snakemake.input, snakemake.params
    initial, real = load_network(given.initial), load(given.train)
    mixed = mix_for(real, [load(file) for file in given.get("synthetic", [])], recipe, run)
    tested = given.val, given.test, params.shifts, given.shifts
    along = Along(
        dict(load_test_sets(*tested)) if given.test else {},
        params.get("average_from"),
        tuple(MeasurementEntry(**entry).build() for entry in params.measurements),
        real,
        seed_for("measure", *run),
        SpectraAlong(**params.along) if params.along else None,
    )
    contents = [content_digest(file) for file in given]
    keeper = keeper_beside(snakemake.output.network, provenance, contents)
    tuned = finetune(
        initial,
        TrainingData(mixed, load(given.val), len(real)),
        recipe,
        streams_of(run.dataset, run.seed, recipe.data_order),
        Place(**params.place),
        Watch(params.score, keeper),
        along,
    )
    save_training(dict(snakemake.output.items()), tuned, initial.info, run, along, provenance)
    keeper.remove()
