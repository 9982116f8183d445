"""Plug-ins: modules found by the name that the config gives them.

A plug-in of the kind `augment` with the name ``trivial_augment`` is the module
``weightscape/augment/trivial_augment.py``. It has an `Options` section; the kind says which
functions it has. It imports what is heavy inside its functions, so that its options can be
checked while the workflow is planned.
"""

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from weightscape.section import Name, Section, explain

Kind = Literal["data", "shifts", "augment", "generators", "figures"]


def plugin(kind: Kind, name: str) -> ModuleType:
    """Return the module of the plug-in `name`.

    Raises
    ------
    ValueError
        If there is none; the message lists those that there are.
    """
    known = _known(kind)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", str(name)) or name not in known:
        raise ValueError(f"{name!r} is not one of weightscape.{kind}: {', '.join(known)}")
    return importlib.import_module(f"weightscape.{kind}.{name}")


def has_plugin(kind: Kind, name: str) -> bool:
    """Return whether there is a plug-in of this kind and name."""
    return name in _known(kind)


@cache
def _known(kind: Kind) -> list[str]:
    return sorted(
        path.stem
        for path in (Path(__file__).parent / kind).glob("*.py")
        if "class Options(" in path.read_text("utf-8")
    )


def options_of(kind: Kind, name: str, values: dict[str, Any] | None) -> Section:
    """Return `values` as the `Options` of the plug-in `name`; the defaults where there are none.

    Raises
    ------
    ValueError
        If there is no such plug-in, or it does not take these values.
    """
    section: type[Section] = plugin(kind, name).Options
    try:
        return section.model_validate({} if values is None else values)
    except ValidationError as error:
        raise ValueError(f"{name}: {explain(error, section)}") from error


class Plugged(Section):
    """A section that names a plug-in and gives its options; a bare name takes the defaults."""

    kind: ClassVar[Kind]

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
        options = options_of(cls.kind, source, data.get("options")).slice()
        return {**data, "source": source, "options": options}
