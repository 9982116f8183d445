"""Fit the spectra of a network's layers, and of their change where there is one."""

from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.config.run import RunId
from weightscape.config.spectra import Spectra
from weightscape.engine.job import job, run_of
from weightscape.spectra.along import fit_spectra_along
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.spectra.initial_vectors import write_initial_vectors
from weightscape.tables.table import failure_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    names, given, made = snakemake.wildcards, snakemake.input, snakemake.output
    options = Spectra.model_validate(snakemake.params.spectra)
    initial = None
    if given.get("initial"):
        initial = Initial(given.initial, given.initial_eigenvalues, given.initial_vectors)
    else:
        write_initial_vectors(given.weights, made.vectors, options, provenance)
    if initial and "has_start" in snakemake.params.keys():
        fit_spectra_along(
            given.networks,
            initial,
            run_of(names),
            made.spectra,
            provenance,
            options,
            snakemake.threads,
            snakemake.params.has_start,
        )
    else:
        backbone = names.backbone if initial else names.initial
        condition = names.condition if initial else "init"
        fit_spectra(
            given.weights,
            initial,
            RunId(names.dataset, backbone, condition, int(names.seed)),
            (made.spectra, made.eigenvalues),
            note_failure(provenance, failure_of(given.weights)),
            options,
            snakemake.threads,
        )
