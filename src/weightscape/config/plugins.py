"""Plug-ins: typed classes, found by the name that the config gives them.

The plug-in ``trivial_augment`` of the kind `Augmentation` is the class ``TrivialAugment`` of the
module ``weightscape/augment/trivial_augment.py``. Its frozen fields are its options. It imports
what is heavy inside its methods, so that its options can be checked while the workflow is planned.
"""

import importlib
import inspect
import re
from abc import ABC
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_type_hints

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from weightscape.config.section import Name, Section, explain

ROOT = Path(__file__).parents[1]


class Plugin(Section, ABC):
    """The base of every kind of plug-in: a kind says which folder holds it and what it does."""

    folder: ClassVar[str]
    """Folder of the package that holds the plug-ins of a kind, a module each."""


P = TypeVar("P", bound=Plugin)


def find_plugin(kind: type[P], name: str) -> type[P]:
    """Return the class of the plug-in `name`.

    Parameters
    ----------
    kind : type
        The base class of its kind, such as `Augmentation`.
    name : str
        Its module.

    Raises
    ------
    ValueError
        If there is none, and the message lists those that there are; or if its module cannot be
        imported, or has not the class that it should have.
    """
    known, where = plugin_names(kind), f"weightscape/{kind.folder}/{name}.py"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) or name not in known:
        there = ", ".join(known)
        if str(name) in _modules(kind):  # YAML may give anything for a name
            there += f"; {where} has no class {class_name(name)}"
        raise ValueError(f"{name!r} is not one of weightscape.{kind.folder}: {there}")
    try:
        module = importlib.import_module(f"weightscape.{kind.folder}.{name}")
    except (Exception, SystemExit) as error:  # whatever a module can raise
        first = f"{error}".partition("\n")[0]
        raise ValueError(f"{where} cannot be imported: {type(error).__name__}: {first}") from error
    found = getattr(module, class_name(name), None)
    if not (inspect.isclass(found) and issubclass(found, kind)):
        raise ValueError(f"{where}: {class_name(name)} is no class under {kind.__name__}")
    _check_complete(found, kind, where)
    return found


@cache
def _check_complete(found: type[Plugin], kind: type[Plugin], where: str) -> None:
    """Refuse a class that lacks what its kind wants, or has it of another type."""
    hints = get_type_hints(kind, include_extras=True)
    wanted = {name: hint for name, hint in hints.items() if name in _unset(kind)}
    if mistaken := sorted(wanted.keys() & found.model_fields.keys()):
        raise ValueError(f"{where}: {mistaken[0]} is no option; declare it as a ClassVar")
    if missing := sorted({*found.__abstractmethods__, *_unset(found)}):
        raise ValueError(f"{where}: {found.__name__} lacks {', '.join(missing)}")
    for method in sorted(kind.__abstractmethods__):
        _check_parameters(getattr(kind, method), getattr(found, method), where)
    for name, hint in wanted.items():
        value = getattr(found, name)
        try:
            TypeAdapter(get_args(hint)[0]).validate_python(value, strict=True)
        except ValidationError as error:
            said = error.errors()[0]["msg"]
            raise ValueError(f"{where}: {name} is {value!r}: {said}") from None
    _check_options(found, kind, where)


def _unset(plugin: type[Plugin]) -> set[str]:
    """Return the attributes of the class that are declared and have no value."""
    return {name for name in plugin.__class_vars__ if not hasattr(plugin, name)}


def _check_parameters(wanted: Any, given: Any, where: str) -> None:
    """Refuse a method whose parameters have not the names that its kind gives them."""
    names = [*inspect.signature(wanted).parameters]
    takes = [*inspect.signature(given).parameters] if callable(given) else None
    if takes != names:
        has = f"takes ({', '.join(takes)})" if takes is not None else "is no method"
        raise ValueError(
            f"{where}: {getattr(given, '__qualname__', wanted.__name__)} {has}, and should take"
            f" ({', '.join(names)})"
        )


def _check_options(found: type[Plugin], kind: type[Plugin], where: str) -> None:
    """Refuse a default that is not of its own type, or of the type that its kind declares."""
    for name, field in found.model_fields.items():
        if field.is_required():
            continue
        default = field.get_default(call_default_factory=True)
        own: Any = field.annotation
        if field.metadata:
            own = Annotated[own, *field.metadata]
        of_kind: Any = kind.model_fields[name].annotation if name in kind.model_fields else Any
        try:
            TypeAdapter(own).validate_python(default)
            TypeAdapter(of_kind).validate_python(default, strict=True)
        except ValidationError as error:
            raise ValueError(
                f"{where}: the default of {name} is {default!r}: {error.errors()[0]['msg']}"
            ) from None


def make_plugin(kind: type[P], name: str, options: Mapping[str, Any] | None = None) -> P:
    """Return the plug-in `name` with `options`; with its defaults where there are none.

    Raises
    ------
    ValueError
        If there is no such plug-in, or it does not take these options.
    """
    found = find_plugin(kind, name)
    try:
        return found.model_validate({} if options is None else options)
    except ValidationError as error:
        raise ValueError(f"{name}: {explain(error, found)}") from error


def class_name(name: str) -> str:
    """Return what the class of the plug-in `name` is called."""
    return "".join(word.capitalize() for word in name.split("_"))


@cache
def plugin_names(kind: type[Plugin]) -> list[str]:
    """Return the names of all plug-ins of a kind, read from the folder without importing any."""
    return sorted(
        name
        for name, path in _modules(kind).items()
        if re.search(rf"^class {class_name(name)}\(", path.read_text("utf-8"), re.M)
    )


def _modules(kind: type[Plugin]) -> dict[str, Path]:
    return {path.stem: path for path in (ROOT / kind.folder).glob("[a-z]*.py")}


def module_of(plugin: type[Plugin] | Plugin) -> str:
    """Return the module of a plug-in: what its job reaches beside its script."""
    return plugin.__module__


class Entry(Section):
    """A section that names a plug-in and gives its options; a bare name takes the defaults."""

    kind: ClassVar[type[Plugin]]

    name: Name = Field(description="Name in paths and tables.")
    source: str = Field("", description="Module of the plug-in; the name when missing.")
    options: dict[str, Any] = Field({}, description="Options of the plug-in.")

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, data: Any) -> Any:
        if isinstance(data, str):
            data = {"name": data}
        if not isinstance(data, dict) or not isinstance(data.get("name"), str):
            return data
        source = data["name"] if data.get("source") in (None, "") else data["source"]
        options = make_plugin(cls.kind, source, data.get("options")).slice()
        return {**data, "source": source, "options": options}

    @property
    def modules(self) -> list[str]:
        """The modules of its plug-in, for the digest of a job's code."""
        return [f"weightscape.{self.kind.folder}.{self.source}"]

    def with_options(self, plugin: Plugin) -> Self:
        """Return the entry with the options of another plug-in of its class."""
        return self.model_copy(update={"options": plugin.slice()})
