"""What Snakemake would make for a study, without making it.

It is asked in a process of its own, so that the one that asks has nothing of Snakemake in it:
``python -m weightscape.engine.planned`` prints the answer as JSON.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.engine.manifest import NAME


class Asked(NamedTuple):
    """Of which study: what Snakemake is given on its command line.

    Attributes
    ----------
    configfiles : sequence of str
        After ``--configfile``; none for the default study.
    config : sequence of str
        After ``--config``, each ``key=value``.
    snakefile : str
        After ``--snakefile``.
    """

    configfiles: Sequence[str] = ()
    config: Sequence[str] = ()
    snakefile: str = "Snakefile"

    @property
    def options(self) -> list[str]:
        """The same as options of Snakemake."""
        return [
            *(["--snakefile", self.snakefile] if self.snakefile != "Snakefile" else []),
            *(["--configfile", *self.configfiles] if self.configfiles else []),
            *(["--config", *self.config] if self.config else []),
        ]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which study is meant."""
    parser.add_argument("--configfile", nargs="+", default=[], help="as Snakemake is given it")
    parser.add_argument(
        "--config", nargs="+", default=[], metavar="KEY=VALUE", help="as Snakemake is given it"
    )
    parser.add_argument("--snakefile", default="Snakefile", help="default: %(default)s")


def read_options(options: argparse.Namespace) -> Asked:
    """Return which study is meant by the options of `add_options`."""
    return Asked(options.configfile, options.config, options.snakefile)


def plan_files(asked: Asked) -> dict[str, dict[str, Any]] | None:
    """Return by path the `rule` of every file of a study that is kept, and its `params`.

    None where Snakemake cannot make the plan, after its own message.
    """
    return _ask(asked.options)


def plan_job(asked: Asked, file: str) -> dict[str, Any] | None:
    """Return the job that makes `file`; see `weightscape.engine.by_hand`.

    None where Snakemake cannot make the plan, after its own message.
    """
    return _ask(["--file", file, *asked.options])


def _ask(options: Sequence[str]) -> dict[str, Any] | None:
    command = [sys.executable, "-m", "weightscape.engine.planned", *options]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if answer.returncode:
        return None
    plan: dict[str, Any] = json.loads(answer.stdout)
    return plan


def main() -> int:
    """Print the plan; return 1 where Snakemake cannot make one, after its own message."""
    from snakemake.api import SnakemakeApi
    from snakemake.exceptions import format_exception_to_string
    from snakemake.settings.enums import Quietness
    from snakemake.settings.types import OutputSettings

    parser = argparse.ArgumentParser()
    parser.add_argument("--file")
    add_options(parser)
    options = parser.parse_args()
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            jobs = _jobs(api, read_options(options), options.file)
            if options.file:
                plan = _job_of(jobs, options.file)
            else:
                plan = dict(_files_of(jobs))
        except Exception as error:
            # Snakemake's own way to say it is silent where all else is to be.
            lines = api._workflow_api and api._workflow_api._workflow_store
            message = format_exception_to_string(error, lines.linemaps if lines else {})
            sys.stderr.write(f"{message}\n")
            return 1
    json.dump(plan, sys.stdout, default=str)
    return 0


def _jobs(api: Any, asked: Asked, file: str | None) -> list[Any]:
    from snakemake.cli import parse_config
    from snakemake.settings.types import ConfigSettings, DAGSettings, ResourceSettings

    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=os.cpu_count()),
        config_settings=ConfigSettings(
            configfiles=[Path(each).resolve() for each in asked.configfiles],
            config=parse_config(asked.config),
        ),
        snakefile=Path(asked.snakefile),
    )
    wanted = DAGSettings(targets={file} if file else set(), forceall=True)
    # The summary is not wanted, but the graph of jobs that is made for it.
    with contextlib.redirect_stdout(None):
        workflow.dag(dag_settings=wanted).summary()
    return list(workflow._workflow.dag.jobs)


def _files_of(jobs: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    from snakemake.io import is_flagged

    for job in jobs:
        params = _params_of(job)
        for path in job.output:
            if not is_flagged(path, "temp"):
                yield str(path), {"rule": job.rule.name, "params": params}


def _job_of(jobs: Iterable[Any], file: str) -> dict[str, Any]:
    from snakemake.exceptions import WorkflowError

    job = next((job for job in jobs if file in job.output), None)
    if job is None:
        raise WorkflowError(f"{file} is made by no rule")
    script = job.rule.basedir.join(job.rule.script).get_path_or_uri(secret_free=True)
    return {
        "rule": job.rule.name,
        "message": job.message or job.rule.name,
        "script": os.path.normpath(script),
        "input": _named(job.input),
        "output": _named(job.output),
        "log": _named(job.log),
        "params": _params_of(job),
        "wildcards": dict(job.wildcards.items()),
        "threads": job.threads,
        "resources": dict(job.resources.items()),
        "config": dict(job.rule.workflow.config),
    }


def _named(files: Any) -> dict[str, Any]:
    """Return files in order, and the place or the places of each name."""
    return {"files": [str(file) for file in files], "names": dict(files._get_names())}


def _params_of(job: Any) -> dict[str, Any]:
    params = dict(job.params.items())
    check_plain(params, f"the params of {job.rule.name}")
    return params


def check_plain(value: Any, what: str) -> None:
    """See that a value is of what JSON has: mappings by texts, lists, texts, numbers, truth, none.

    Snakemake sees no change in a param that it cannot write down, and the record of a job is JSON.

    Raises
    ------
    TypeError
        If it is not; the message names the part after `what`.
    """
    if type(value) is dict:
        for key, each in value.items():
            if type(key) is not str:
                raise TypeError(f"{what} have the key {key!r}, which is no text")
            check_plain(each, f"{what}, {key}")
    elif type(value) is list:
        for place, each in enumerate(value):
            check_plain(each, f"{what}, {place}")
    elif value is not None and type(value) not in (str, int, float, bool):
        raise TypeError(f"{what} are of the type {type(value).__name__}, which is not plain JSON")


def find_results(planned: Mapping[str, Any]) -> Path:
    """Return the folder of a study from the paths of its files: its manifest lies there."""
    return next(Path(path).parent for path in planned if Path(path).name == NAME)


if __name__ == "__main__":
    sys.exit(main())
