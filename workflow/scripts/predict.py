"""Write the logits of a network on every test set."""

from typing import TYPE_CHECKING

from weightscape.data.labelled import load, load_shift
from weightscape.job import job
from weightscape.network.checkpoint import load_tensors
from weightscape.network.predictions import predict_all
from weightscape.schemas import predictions
from weightscape.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    run = dict(snakemake.wildcards.items())
    test_sets = {
        ("val", "none", 0): load(snakemake.input.val),
        ("test", "none", 0): load(snakemake.input.test),
    }
    for name, file in zip(snakemake.params.shifts, snakemake.input.shifts, strict=True):
        for severity, images in load_shift(file).items():
            test_sets["test", name, severity] = images
    parts = predict_all(
        *load_tensors(snakemake.input.network),
        test_sets,
        {**run, "seed": int(run["seed"])},
        snakemake.params.device,
        snakemake.params.threads,
    )
    write(snakemake.output.predictions, parts, predictions.SCHEMA, provenance)
