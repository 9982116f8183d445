"""From YAML files to a checked study."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from weightscape.config.section import explain
from weightscape.study.nano import shrink
from weightscape.study.study import Study


class ConfigError(ValueError):
    """The config cannot be used; the message says which key is wrong and what is allowed."""


def load_study(values: Mapping[str, Any], files: Sequence[str | Path] = ()) -> Study:
    """Return the study that a config describes.

    Parameters
    ----------
    values : mapping
        The config as Snakemake has merged it from `files` and the command line.
    files : sequence of paths, optional
        The YAML files it came from; read again for keys that are given twice, of which a YAML
        reader keeps the last without a word.

    Raises
    ------
    ConfigError
        If a key is given twice, unknown, missing, or its value is not allowed.
    """
    for file in files:
        check_keys(file)
    try:
        study = Study.model_validate(dict(values))
    except ValidationError as error:
        source = ", ".join(str(file) for file in files) or "config"
        raise ConfigError(f"{source}: {explain(error, Study)}") from error
    return shrink(study) if study.scale == "nano" else study


def read_study(file: str | Path) -> Study:
    """Return the study that the YAML `file` describes."""
    check_keys(file)
    try:
        values = yaml.safe_load(Path(file).read_text("utf-8"))
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{file} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{file}: a study is a mapping of keys to values")
    return load_study(values, [file])


def check_keys(file: str | Path) -> None:
    """Raise `ConfigError` if a mapping in the YAML `file` has a key twice, or it is no YAML."""
    try:
        root = yaml.compose(Path(file).read_text("utf-8"), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not YAML: {error}") from error
    except RecursionError:
        raise ConfigError(f"{file} is nested too deeply to be a study") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    if root is not None:
        _check_node(root, file, set())


def _check_node(node: yaml.Node, file: str | Path, checked: set[int]) -> None:
    # An anchor's node stands in every place that refers to it, also within itself.
    if id(node) in checked:
        return
    checked.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(f"{file}: the key in line {line} is a list or a mapping, no word")
            if key.value in seen:
                raise ConfigError(
                    f"{file}: the key {key.value!r} stands in line {seen[key.value]} and again in "
                    f"line {line}; keep one of them"
                )
            seen[key.value] = line
            _check_node(value, file, checked)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_node(item, file, checked)
