"""The catalogue: all plug-ins, recipe keys and keys of a study, with defaults and meaning."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from weightscape.config.augmentation import Augmentation
from weightscape.config.figure import Figure
from weightscape.config.generator import Generator
from weightscape.config.measurement import Measurement
from weightscape.config.plugins import Plugin, find_plugin, plugin_names
from weightscape.config.recipe import Recipe
from weightscape.config.shift import Shift
from weightscape.config.source import Source
from weightscape.study.study import Study

KINDS: dict[str, type[Plugin]] = {
    "Data sources": Source,
    "Shifts": Shift,
    "Augmentations": Augmentation,
    "Generators": Generator,
    "Measurements": Measurement,
    "Figures": Figure,
}

INTRODUCTION = """\
# Catalogue

Every key of a study, every key of a recipe, and every plug-in with its options. A key without a
default has to be given. This page is written by `weightscape catalogue`.
"""


def catalogue() -> str:
    """Return the catalogue as Markdown."""
    parts = [INTRODUCTION, "\n## A study\n", *_keys(Study)]
    parts += [
        "\n## A recipe\n\nWhat `training` gives for all and a condition's `factors` change.\n"
    ]
    parts += _keys(Recipe)
    for title, kind in KINDS.items():
        parts += [f"\n## {title}\n\nModules of `src/weightscape/{kind.folder}/`.\n"]
        for name in plugin_names(kind):
            parts += _plugin(name, find_plugin(kind, name))
    return "".join(parts)


def _plugin(name: str, plugin: type[Plugin]) -> Iterator[str]:
    first = inspect.cleandoc(plugin.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    yield f"\n### `{name}`\n\n{first}\n"
    if plugin.model_fields:
        yield from _table(plugin)
    if issubclass(plugin, Measurement):
        yield "\n| gives | unit | what it is |\n|---|---|---|\n"
        for metric in plugin.metrics:
            yield f"| `{metric.name}` | {metric.unit} | {_cell(metric.description)} |\n"


def _keys(section: type[BaseModel]) -> Iterator[str]:
    """Yield a table of the keys of a section, and those of the sections within it."""
    yield from _table(section)
    if section is not Study:
        return
    for name, field in section.model_fields.items():
        for inner in _sections(field.annotation):
            if inner is not Recipe:
                yield f"\n### `{name}`: {inner.__name__}\n\n{_first_line(inner)}\n"
                yield from _table(inner)


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in getattr(annotation, "__args__", ()):
        yield from _sections(part)


def _first_line(section: type[BaseModel]) -> str:
    return inspect.cleandoc(section.__doc__ or "").split("\n")[0]


def _table(section: type[BaseModel]) -> Iterator[str]:
    yield "\n| key | default | meaning |\n|---|---|---|\n"
    for name, field in section.model_fields.items():
        default = "" if field.default is PydanticUndefined else f"`{_plain(field.default)}`"
        yield f"| `{name}` | {default} | {_cell(field.description or '')} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> str:
    """Return a default as YAML has it."""
    if isinstance(value, BaseModel):
        return "its defaults"
    return json.dumps(value)
