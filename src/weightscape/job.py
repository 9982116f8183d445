"""What every rule's script does around its work: log, check of the code, provenance."""

import logging
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from weightscape.digest import code_digest, reach
from weightscape.manifest import write_record


@contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Run a script's work with its log, and give the provenance for what it writes.

    Parameters
    ----------
    snakemake : snakemake.iocontainers.Snakemake
        The script's job. Its params `code` and, where there are any, `plugins` say which code
        was planned to run.

    Yields
    ------
    dict
        Plain JSON values: study, rule, wildcards, params, code digest, versions.

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
    plugins = params.get("plugins", ())
    try:
        if code_digest(script, plugins) != params["code"]:
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
            "versions": {"python": platform.python_version()} | reach(script, plugins).versions,
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


def run_of(wildcards: Any) -> dict[str, Any]:
    """Return the identifiers of the run that a job is about: the columns `RUN` of its tables."""
    names = {"dataset", "backbone", "condition"}
    run = {name: value for name, value in wildcards.items() if name in names}
    return {**run, "seed": int(wildcards.seed)}
