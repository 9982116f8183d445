"""Whether the files of a study are what they should be: what Snakemake cannot see.

Snakemake goes by time stamps and by its own records under `.snakemake`. It does not see an output
that was changed by hand, and sees less once that folder is gone. The records of the jobs know both.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weightscape.content import content_digest


class Problem(NamedTuple):
    """A file that is not what it should be."""

    path: str
    rule: str
    what: str


def find_problems(
    planned: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    """Yield what is wrong with the files of a study.

    Parameters
    ----------
    planned : mapping
        For every file of the study, the `rule` that makes it and its `params` as JSON values.
    known : mapping
        What jobs have recorded of its files, see `weightscape.engine.record`.
    """
    for path, plan in sorted(planned.items()):
        entry = known.get(path)
        what = _problem(path, plan, entry)
        if what:
            yield Problem(path, plan["rule"], what)


def _problem(path: str, plan: Mapping[str, Any], entry: Mapping[str, Any] | None) -> str:
    if not Path(path).exists():
        return "is missing"
    if entry is None:
        return "has no record: nothing says what it was made by"
    try:
        content = content_digest(path)
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"
    if content != entry["content"]:
        return "has been changed since it was made"
    return _stale(entry["params"], plan["params"])


def _stale(made: Mapping[str, Any], planned: Mapping[str, Any]) -> str:
    keys = sorted(made.keys() | planned.keys())
    differ = [key for key in keys if made.get(key) != planned.get(key)]
    if differ == ["code"]:
        return "was made by other code"
    settings = ", ".join(key for key in differ if key != "code")
    return f"was made with other {settings}" if differ else ""


def report(found: Sequence[Problem], count: int, options: Sequence[str] = ()) -> str:
    """Return the problems as text, with what to do about them.

    Parameters
    ----------
    found : sequence of Problem
        What is wrong.
    count : int
        Of how many files.
    options : sequence of str, optional
        By which Snakemake is told which study is meant.
    """
    if not found:
        return f"{count} files, all as the study plans them and as they were made\n"
    lines = [f"{problem.path} {problem.what}" for problem in found]
    files = [problem.path for problem in found]
    command = shlex.join(["snakemake", "--cores", "all", *options, "--forcerun", *files])
    return "\n".join(
        [
            *lines,
            "",
            f"{len(found)} of {count} files are not what they should be. Make them again:",
            f"  {command}",
            "",
        ]
    )
