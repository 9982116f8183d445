"""What counts of a file of code: what computes, and what writes values.

Left out are what stands around a job, and words: neither changes a value that a job writes. Where
words are the product, on pages and in figures, the words of declarations count.
"""

import ast
import builtins
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PACKAGE = "weightscape"

UNSEEN = frozenset(
    {
        # The frame around a job: log, check of the code, provenance, record. What a file says is
        # compared with the content of others, and stands in no table.
        "weightscape.engine.job.job",
        "weightscape.engine.manifest",
        "weightscape.content",
        # What is said of a mistake in the study file.
        "weightscape.config.section.WORDS",
        "weightscape.config.section.explain",
        "weightscape.config.section._short",
        "weightscape.config.section._line",
        "weightscape.config.section._follow",
        "weightscape.config.section._models",
        # Whether a plug-in is written as it should be.
        "weightscape.config.plugins._check_complete",
        "weightscape.config.plugins._unset",
        "weightscape.config.plugins._check_parameters",
        "weightscape.config.plugins._check_options",
    }
)
"""Modules, and definitions of modules, that change no value: all that is left out by name."""

DECLARATIONS: dict[str, dict[str, int | None]] = {
    "pydantic.Field": {"description": None},
    "weightscape.config.credit.Credit": {
        "what": 0, "by": 1, "doi": 2, "license": 3, "caveat": 4,
    },
    "weightscape.config.metric.Metric": {
        "description": 1, "unit": 2, "source": 3, "label": 4, "better": 5,
        "drawn": 8,
    },
    "weightscape.tables.table.define": {"description": 2},
    "weightscape.tables.table.field": {"description": 2, "unit": None, "source": None},
    "weightscape.tables.table.text": {"description": 1, "source": None},
    "weightscape.tables.table.whole": {"description": 1, "unit": None},
    "weightscape.tables.table.real": {"description": 1, "source": 2},
}  # fmt: skip
"""What is called to declare something, and its arguments that describe: with their places."""

ATTRIBUTES = frozenset({"caption", "credit"})
"""Attributes of plug-ins that describe."""

ERRORS = frozenset(
    {name for name, each in vars(builtins).items() if isinstance(each, type)
     and issubclass(each, Exception) and name != "StopIteration"}
    | {"SchemaError"}
)  # fmt: skip
"""Errors that end a job: their text reaches its log alone."""

REASONS = (
    "weightscape.checkpoints.",
    "weightscape.files.",
    "weightscape.measurements.",
    "weightscape.network.embed",
    "weightscape.network.predict",
)
"""How modules are called whose errors end no job: their text becomes a table's column `reason`."""

LOGS = frozenset({"log", "_log", "logger", "logging"})
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


class Code(NamedTuple):
    """What counts of a file: its code as text, and the modules and names that it imports."""

    text: str
    imports: tuple[str, ...]


@cache
def read_code(file: Path, module: str, words: bool) -> Code:
    """Return what counts of `file`.

    Parameters
    ----------
    file : Path
        The file.
    module : str
        Its dotted name; empty for a script.
    words : bool
        Whether the words of declarations count.
    """
    return code_of(file.read_text("utf-8"), module, words)


@cache
def code_of(text: str, module: str = "", words: bool = False) -> Code:
    """Return what counts of the text of a file; see `read_code`."""
    tree = ast.parse(text, filename=module)
    defined = [node for node in tree.body if not _is_unseen(node, module)]
    has_unseen = len(defined) < len(tree.body)
    tree.body = defined
    values = _Values(module, words)
    tree = values.visit(tree)
    _drop_unused(tree, values.used, imports_too=has_unseen)
    imports = _imports(tree.body) if has_unseen else values.imports
    return Code(ast.dump(tree), tuple(imports))


class _Values(ast.NodeTransformer):
    """Takes out of a module what changes no value, and notes what it imports and reads.

    All in one walk: planning reads every module of the package.
    """

    def __init__(self, module: str, words: bool) -> None:
        self.known: dict[str, str] = {}
        self.imports: list[str] = []
        self.used: set[str] = set()
        self.errors: Collection[str] = () if module.startswith(REASONS) else ERRORS
        self.words = words

    def visit_Import(self, node: ast.Import) -> ast.AST:
        self.imports += _imports([node])
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        self.imports += _imports([node])
        # An import stands before what it is used by, so that it is known when that is met.
        for alias in node.names:
            self.known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if isinstance(node.ctx, ast.Load):
            self.used.add(node.id)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        # A constant by itself does nothing: it documents what stands above it.
        if isinstance(node.value, ast.Constant) or _is_log(node.value):
            return None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return [self.visit(each) for each in node.orelse] or None
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        # Those of fields stay: pydantic casts by them.
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if not self.words:
            node.body = [each for each in node.body if not ATTRIBUTES & _targets(each)]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in self.errors:
            return ast.Call(node.func, [], [])
        described = DECLARATIONS.get(self._full_name(node.func))
        if described and not self.words:
            places = {place for place in described.values() if place is not None}
            node.keywords = [each for each in node.keywords if each.arg not in described]
            node.args = [
                ast.Constant("") if place in places else each
                for place, each in enumerate(node.args)
            ]
            # One that is given by its name, or not at all, is the same.
            while node.args and len(node.args) - 1 in places:
                node.args.pop()
        return self.generic_visit(node)

    def _full_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return f"{self.known.get(node.value.id, '')}.{node.attr}"
        return self.known.get(node.id, "") if isinstance(node, ast.Name) else ""


def _is_log(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in LOGS
    )


def _targets(node: ast.AST) -> set[str]:
    """Return the names that a statement gives a value, or declares."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _is_unseen(node: ast.stmt, module: str) -> bool:
    named = {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else _targets(node)
    return any(f"{module}.{name}" in UNSEEN for name in named)


def _drop_unused(tree: ast.Module, used: Collection[str], imports_too: bool) -> None:
    """Drop private texts that only words used; imports too, which what is left out may have used.

    Where nothing is left out by name every import counts: it may be for its effects, or for others
    who import from here.
    """

    def is_used(node: ast.stmt) -> bool:
        if isinstance(node, ast.Import | ast.ImportFrom) and imports_too:
            return any((each.asname or each.name).split(".")[0] in used for each in node.names)
        text = isinstance(node, ast.Assign) and _is_text(node.value)
        names = _targets(node) if text else set()
        return not names or any(name in used or not name.startswith("_") for name in names)

    tree.body = [node for node in tree.body if is_used(node)]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _imports(statements: Iterable[ast.stmt]) -> list[str]:
    """Return what statements import, those within them too."""
    names: list[str] = []
    for node in (each for statement in statements for each in ast.walk(statement)):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == PACKAGE:
                names.extend(f"{node.module}.{alias.name}" for alias in node.names)
            else:
                names.append(node.module)
    return names
