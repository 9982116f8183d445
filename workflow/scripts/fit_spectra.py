"""Fit the spectra of a network's layers, and of their change where there is one."""

from typing import TYPE_CHECKING

from weightscape.config.spectra import Spectra
from weightscape.job import job
from weightscape.spectra.fit import fit_spectra

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    run = dict(snakemake.wildcards.items())
    initial = snakemake.input.get("initial")
    fit_spectra(
        snakemake.input.weights,
        (initial, snakemake.input.initial_eigenvalues) if initial else None,
        {
            "dataset": run["dataset"],
            "backbone": run.get("backbone") or run["initial"],
            "condition": run.get("condition", "init"),
            "seed": int(run["seed"]),
        },
        (snakemake.output.spectra, snakemake.output.eigenvalues),
        provenance,
        Spectra.model_validate(snakemake.params.spectra),
        snakemake.threads,
    )
