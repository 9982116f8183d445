"""Fine-tune one network under one condition."""

from typing import TYPE_CHECKING

from weightscape.config.recipe import Recipe
from weightscape.data.labelled import load
from weightscape.data.mixing import with_synthetic
from weightscape.job import job
from weightscape.network.checkpoint import load_tensors, save_network
from weightscape.schemas import training
from weightscape.table import from_rows, write
from weightscape.train.finetune import finetune, streams_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    run, recipe = dict(snakemake.wildcards.items()), Recipe(**snakemake.params.recipe)
    tensors, info = load_tensors(snakemake.input.initial)
    real = load(snakemake.input.train)
    network, history = finetune(
        tensors,
        info,
        with_synthetic(
            real,
            [load(file) for file in snakemake.input.get("synthetic", [])],
            list(recipe.synthetic.values()),
        ),
        load(snakemake.input.val),
        recipe,
        streams_of(run["dataset"], int(run["seed"]), recipe.data_order),
        len(real),
        snakemake.params.device,
        snakemake.params.threads,
    )
    save_network(snakemake.output.network, network.state_dict(), info, provenance)
    rows = [{**run, "seed": int(run["seed"]), **epoch._asdict()} for epoch in history]
    parameters = sum(p.numel() for p in network.parameters())
    write(
        snakemake.output.history,
        from_rows(rows, training.SCHEMA),
        training.SCHEMA,
        {**provenance, "parameters": parameters},
    )
