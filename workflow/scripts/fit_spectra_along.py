"""Fit the spectra of a network's layers at some steps of its training."""

from typing import TYPE_CHECKING

from weightscape.config.spectra import Spectra
from weightscape.engine.job import job, run_of
from weightscape.spectra.along import fit_spectra_along
from weightscape.spectra.fit import Initial

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given = snakemake.input
    fit_spectra_along(
        given.networks,
        Initial(given.initial, given.initial_eigenvalues, given.initial_vectors),
        run_of(snakemake.wildcards),
        snakemake.output.spectra,
        provenance,
        Spectra.model_validate(snakemake.params.spectra),
        snakemake.threads,
        snakemake.params.has_start,
    )
