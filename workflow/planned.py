"""Print what Snakemake would make for a study, as JSON, without making it.

Usage: python workflow/planned.py [--configfile FILE …] [--config KEY=VALUE …]
The result: {"study": name, "files": {path: {"rule": …, "params": …}}}.
"""

import argparse
import contextlib
import json
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.cli import parse_config
from snakemake.io import is_flagged
from snakemake.settings.enums import Quietness
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings


def main() -> int:
    """Print the plan; return 1 where Snakemake cannot make one, after its own message."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--configfile", nargs="*", type=Path, default=[])
    parser.add_argument("--config", nargs="*", default=[])
    options = parser.parse_args()
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            asked = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(
                    configfiles=[file.resolve() for file in options.configfile],
                    config=parse_config(options.config),
                ),
                snakefile=Path(__file__).parents[1] / "Snakefile",
            )
            # The summary is not wanted, but the graph of jobs that is made for it.
            with contextlib.redirect_stdout(None):
                asked.dag(dag_settings=DAGSettings(forceall=True)).summary()
            workflow = asked._workflow
        except Exception as error:
            api.print_exception(error)
            return 1
        files = {
            str(path): {"rule": job.rule.name, "params": dict(job.params.items())}
            for job in workflow.dag.jobs
            for path in job.output
            if not is_flagged(path, "temp")
        }
        study = workflow.globals["study"].study
    json.dump({"study": study, "files": files}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
