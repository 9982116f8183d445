"""What every rule's script does around its work: log, check of the code, provenance."""

import logging
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from weightscape.config.run import RunId
from weightscape.engine.digest import code_digest, reach
from weightscape.engine.record import write_record


@contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Run a script's work with its log, and give the provenance for what it writes.

    Parameters
    ----------
    snakemake : snakemake.iocontainers.Snakemake
        The script's job. Its param `code` says which code was planned to run: its digest, and the
        modules of the plug-ins that the job's config names.

    Yields
    ------
    dict
        Plain JSON values: study, rule, wildcards, params, versions.

    Raises
    ------
    RuntimeError
        If the code has been edited since the job was planned.
    """
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        handlers=[logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")],
    )
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk is told once, by the work itself
    log = logging.getLogger(snakemake.rule)
    script = Path(str(sys.modules["__main__"].__file__))
    params = dict(snakemake.params.items())
    planned, *modules = params["code"]
    try:
        if code_digest(script, modules) != planned:
            raise RuntimeError(
                f"the code of {snakemake.rule} has changed since this job was planned; run again"
            )
        imports = time.process_time()
        log.info("threads %d, start and imports %.2f s", snakemake.threads, imports)
        provenance = {
            "study": snakemake.config["study"],
            "rule": snakemake.rule,
            "wildcards": dict(snakemake.wildcards.items()),
            "params": params,
            "versions": {"python": platform.python_version()} | reach(script, modules).versions,
        }
        yield provenance
        write_record(snakemake.log[0], snakemake.output, provenance)
    except Exception as error:
        log.exception("failed")
        sys.stderr.write(f"{snakemake.rule}: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("stopped")
        sys.exit(130)
    log.info("finished after %.2f s of processor time", time.process_time())


def run_of(wildcards: Any) -> RunId:
    """Return the run that a job is about."""
    return RunId(
        wildcards.dataset, wildcards.backbone, wildcards.condition, seed=int(wildcards.seed)
    )
