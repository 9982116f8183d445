"""Fit the spectra of a network's layers at some steps of its training."""

from typing import TYPE_CHECKING

from weightscape.config.spectra import Spectra
from weightscape.engine.job import job, run_of
from weightscape.spectra.along import fit_spectra_along

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    fit_spectra_along(
        snakemake.input.networks,
        (snakemake.input.initial, snakemake.input.initial_eigenvalues),
        run_of(snakemake.wildcards),
        snakemake.output.spectra,
        provenance,
        Spectra.model_validate(snakemake.params.spectra),
        snakemake.threads,
        snakemake.params.has_start,
    )
