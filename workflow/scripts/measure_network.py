"""Measure the network of a run, as the study's measurements say."""

import logging
from typing import TYPE_CHECKING

from weightscape.checkpoints.failure import note_failure
from weightscape.config.measurement import MeasurementEntry
from weightscape.config.place import Place
from weightscape.data.examples import load
from weightscape.data.test_sets import load_test_sets
from weightscape.engine.job import job, run_of
from weightscape.measurements.measure import make_subject, measure
from weightscape.network.build import restore
from weightscape.network.device import select_device
from weightscape.network.saved import load_network
from weightscape.seeds import seed_for
from weightscape.tables.measurements import SCHEMA
from weightscape.tables.table import write

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as provenance:
    given, params, run = snakemake.input, snakemake.params, run_of(snakemake.wildcards)
    network = load_network(given.network)
    failure = network.info.failure
    if failure:
        logging.error("nothing is measured: %s", failure)
        rows = SCHEMA.empty_table()
    else:
        subject = make_subject(
            restore(network, select_device(*Place(**params.place))),
            load(given.train),
            load(given.val),
            load_test_sets(given.val, given.test, params.shifts, given.shifts),
            seed_for("measure", *run),
        )
        measurements = [MeasurementEntry(**entry).build() for entry in params.measurements]
        rows = measure(measurements, subject, run)
    write(snakemake.output.measurements, rows, SCHEMA, note_failure(provenance, failure))
