"""A digest of the code that a job runs: what Snakemake needs to see an edited module.

The digest covers a script, every module of the package that it reaches by static import, the
plug-ins that the job's config names, and the versions of the third-party packages that these
import; of each file what computes and what writes values, see `weightscape.engine.code`.
"""

import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from weightscape.engine.code import PACKAGE, UNSEEN, Code, read_code

SOURCE = Path(__file__).parents[1]

PAGES = frozenset({"plot_figure", "build_report"})
"""Scripts whose product is words: those of declarations count."""

# Import names that differ from the name of their distribution.
DISTRIBUTIONS = {
    "PIL": "pillow", "google": "protobuf", "sklearn": "scikit-learn", "yaml": "pyyaml",
}  # fmt: skip


class Reach(NamedTuple):
    """What a script reaches: files of code, and distributions with their versions."""

    files: tuple[Path, ...]
    versions: dict[str, str]


def code_digest(script: str | Path, modules: Iterable[str] = ()) -> str:
    """Return the digest of what `script` runs, as 16 hexadecimal digits.

    Parameters
    ----------
    script : str or Path
        The script of a rule.
    modules : iterable of str, optional
        The modules of plug-ins that the job's config names, such as
        ``weightscape.augment.trivial_augment``.
    """
    words = Path(script).stem in PAGES
    reached = reach(script, modules, words)
    digest = hashlib.sha256()
    for file in reached.files:
        # With its name: the same text in another place is imported by others.
        digest.update(f"{_module_of(file) or file.name}\n{_read(file, words).text}\n".encode())
    # Another version of numpy or torch may give other last bits.
    for item in sorted(reached.versions.items()):
        digest.update(repr(item).encode())
    return digest.hexdigest()[:16]


def reach(script: str | Path, modules: Iterable[str] = (), words: bool = False) -> Reach:
    """Return the files and distributions that `script` and `modules` reach by static import.

    They are the same with and without `words`: as of the digest, so that no file is read twice.
    """
    waiting = [Path(script), *(_file_of(name) for name in modules)]
    files: set[Path] = set()
    external: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in files or _module_of(file) in UNSEEN:
            continue
        files.add(file)
        # Imports within functions are among them: what is heavy is imported there.
        for name in _read(file, words).imports:
            if name.split(".")[0] == PACKAGE:
                if name not in UNSEEN:
                    waiting.append(_file_of(name))
            else:
                external.add(name.split(".")[0])
    distributions = {
        DISTRIBUTIONS.get(name, name) for name in external if name not in sys.stdlib_module_names
    }
    # By name first, so that the order does not depend on where the project lies.
    return Reach(
        tuple(sorted(files, key=lambda file: (file.name, str(file)))),
        {name: _version(name) for name in sorted(distributions)},
    )


@cache
def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # one that only some plug-ins need
        return "not installed"


def _read(file: Path, words: bool) -> Code:
    return read_code(file, _module_of(file), words)


def _module_of(file: Path) -> str:
    """Return the dotted name of a file of the package; nothing for a script."""
    if not file.is_relative_to(SOURCE):
        return ""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join([PACKAGE, *(part for part in parts if part != "__init__")])


def _file_of(name: str) -> Path:
    """Return the file of the module `name`; of the package for a name that a package defines."""
    path = SOURCE.joinpath(*name.split(".")[1:])
    for candidate in (
        path.with_suffix(".py"),
        path / "__init__.py",
        path.parent.with_suffix(".py"),
    ):
        if candidate.is_file():
            return candidate
    raise ModuleNotFoundError(f"no module {name} in {SOURCE}")
