"""One job outside Snakemake: in this process, so that a breakpoint stops in it."""

import os
import pdb
import runpy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from weightscape.engine.driver import take

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""What Snakemake sets for a job, before any library reads it."""


class Named(list[Any]):
    """Values of which some have names, as Snakemake gives them to a script.

    Parameters
    ----------
    values : iterable
        All values in order.
    names : mapping
        For every name the places of its values from and to; to is None for one value by itself.
    """

    def __init__(self, values: Iterable[Any], names: Mapping[str, tuple[int, int | None]]) -> None:
        super().__init__(values)
        self.names = {
            name: self[start] if end is None else Named(self[start:end], {})
            for name, (start, end) in names.items()
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["names"][name]
        except KeyError:
            raise AttributeError(f"the rule gives nothing of the name {name}") from None

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else super().__getitem__(key)

    def get(self, name: str, default: Any = None) -> Any:
        """Return what has this name, or `default`."""
        return self.names.get(name, default)

    def keys(self) -> Iterable[str]:
        """Return the names."""
        return self.names.keys()

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield names and what has them."""
        yield from self.names.items()


def stand_in(plan: Mapping[str, Any]) -> SimpleNamespace:
    """Return what stands in for the object `snakemake` of a script.

    Parameters
    ----------
    plan : mapping
        The job, as of `weightscape.engine.planned.plan_job`.
    """
    files = {key: Named(plan[key]["files"], plan[key]["names"]) for key in _FILES}
    values = {
        key: Named(
            plan[key].values(), {name: (place, None) for place, name in enumerate(plan[key])}
        )
        for key in ("params", "wildcards", "resources")
    }
    return SimpleNamespace(
        **files,
        **values,
        rule=plan["rule"],
        threads=plan["threads"],
        config=plan["config"],
        scriptdir=str(Path(plan["script"]).parent),
        bench_iteration=None,
    )


_FILES = ("input", "output", "log")


def run_job(plan: Mapping[str, Any], *, debug: bool = False) -> int:
    """Run a job to its real outputs, and return its exit status.

    Parameters
    ----------
    plan : mapping
        The job, as of `weightscape.engine.planned.plan_job`.
    debug : bool, optional
        Whether to open the debugger where it fails.

    Raises
    ------
    FileNotFoundError
        If an input is missing.
    DriverAliveError
        If a run works in this folder.
    """
    snakemake = stand_in(plan)
    if missing := [file for file in snakemake.input if not Path(file).exists()]:
        raise FileNotFoundError(
            f"{plan['rule']} needs what is not there: {', '.join(missing)}; make that first"
        )
    for file in (*snakemake.output, *snakemake.log):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    os.environ.update(dict.fromkeys(THREADS, str(plan["threads"])))
    with take():
        try:
            runpy.run_path(plan["script"], {"snakemake": snakemake}, "__main__")
        except SystemExit as ended:  # a job ends so, after it has told its log why
            if debug and ended.__context__:
                pdb.post_mortem(ended.__context__.__traceback__)
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def describe(plan: Mapping[str, Any]) -> str:
    """Return which job runs, and where it reads and writes."""
    lines = [
        plan["message"],
        f"  script {os.path.relpath(plan['script'])}, log {plan['log']['files'][0]}",
        *(f"  reads {file}" for file in plan["input"]["files"]),
        *(f"  writes {file}" for file in plan["output"]["files"]),
    ]
    return "\n".join(lines) + "\n"
