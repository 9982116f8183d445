"""A digest of the code that a job runs: what Snakemake needs to see an edited module.

The digest covers a script, every module of the package that it reaches by static import, the
plug-ins that the job's config names, and the versions of the third-party packages that these
import. Docstrings, comments and layout are left out: they change no result.
"""

import ast
import hashlib
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

PACKAGE = "weightscape"
SOURCE = Path(__file__).parent
# Import names that differ from the name of their distribution.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}


class Reach(NamedTuple):
    """What a script reaches: files of code, and distributions with their versions."""

    files: tuple[Path, ...]
    versions: dict[str, str]


def code_digest(script: str | Path, plugins: Iterable[str] = ()) -> str:
    """Return the digest of what `script` runs, as 16 hexadecimal digits.

    Parameters
    ----------
    script : str or Path
        The script of a rule.
    plugins : iterable of str, optional
        Names of the modules that the job's config names, such as
        ``weightscape.augment.trivial_augment``.
    """
    reached = reach(script, plugins)
    digest = hashlib.sha256()
    for file in reached.files:
        name = file.relative_to(SOURCE).as_posix() if file.is_relative_to(SOURCE) else file.name
        digest.update(f"{name}\n{_read(file).code}\n".encode())
    for item in sorted(reached.versions.items()):
        digest.update(repr(item).encode())
    return digest.hexdigest()[:16]


def reach(script: str | Path, plugins: Iterable[str] = ()) -> Reach:
    """Return the files and distributions that `script` and `plugins` reach by static import."""
    waiting = [Path(script), *(_file_of(name) for name in plugins)]
    files: set[Path] = set()
    external: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in files:
            continue
        files.add(file)
        for name in _read(file).imports:
            if name.split(".")[0] == PACKAGE:
                waiting.append(_file_of(name))
            else:
                external.add(name.split(".")[0])
    distributions = {
        DISTRIBUTIONS.get(name, name) for name in external if name not in sys.stdlib_module_names
    }
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


class Read(NamedTuple):
    """What counts of a file: its code as text, and the modules that it imports."""

    code: str
    imports: tuple[str, ...]


@cache
def _read(file: Path) -> Read:
    """Return the syntax tree of `file`, without docstrings and line numbers, and what it imports.

    Imports for type checking alone are left out.
    """
    tree = ast.parse(file.read_text("utf-8"), filename=str(file))
    tree.body = [node for node in tree.body if not _for_type_checking(node)]
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # A constant by itself does nothing: it documents what stands above it.
            node.body = [
                statement
                for statement in node.body
                if not (
                    isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                )
            ]
        elif isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == PACKAGE:
                names.extend(f"{node.module}.{alias.name}" for alias in node.names)
            else:
                names.append(node.module)
    return Read(ast.dump(tree), tuple(names))


def _for_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
