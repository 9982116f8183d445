"""Fit the spectra of a network's layers, and of their change where there is one."""

from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.config.run import RunId
from weightscape.config.spectra import Spectra
from weightscape.engine.job import job
from weightscape.spectra.fit import fit_spectra
from weightscape.tables.table import failure_of

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    names = snakemake.wildcards
    initial = snakemake.input.get("initial")
    backbone, condition = (names.backbone, names.condition) if initial else (names.initial, "init")
    fit_spectra(
        snakemake.input.weights,
        (initial, snakemake.input.initial_eigenvalues) if initial else None,
        RunId(names.dataset, backbone, condition, int(names.seed)),
        (snakemake.output.spectra, snakemake.output.eigenvalues),
        note_failure(provenance, failure_of(snakemake.input.weights)),
        Spectra.model_validate(snakemake.params.spectra),
        snakemake.threads,
    )
