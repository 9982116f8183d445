"""The base of every config section: frozen, closed to unknown keys, described field by field."""

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._+-]*"
"""What a name may be: it becomes a path, so no separator, space, quote or ``=`` is allowed."""

Name = Annotated[str, Field(pattern=rf"^{NAME_PATTERN}$", max_length=100)]


class Section(BaseModel):
    """A part of the config: immutable, and an unknown key is an error.

    Numbers that arrive as text are accepted, because YAML 1.1 reads ``1e-5`` as a string.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def slice(self) -> dict[str, Any]:
        """Return the section as plain JSON values, for the ``params`` of a rule."""
        return self.model_dump(mode="json")


WORDS = {
    "model_type": "give a mapping of keys to values",
    "dict_type": "give a mapping of keys to values",
    "tuple_type": "give a list",
}
"""What pydantic says in the words of Python, said in those of YAML."""


def explain(error: ValidationError, section: type[BaseModel]) -> str:
    """Return what is wrong as one line per mistake: the key, the problem and the value.

    Long values are cut in the middle, and after ten mistakes the others are counted.
    """
    mistakes = error.errors(include_url=False)
    # A list whose only item is wrong is also reported as too short: one mistake is enough.
    mistakes = [m for m in mistakes if m["type"] != "too_short" or m["input"] in ([], ())]
    lines = [_short(_line(mistake, section)) for mistake in mistakes]
    more = [f"and {len(lines) - 10} more"] if len(lines) > 10 else []
    return "\n".join(lines[:10] + more)


def _short(text: str) -> str:
    return text if len(text) <= 1000 else f"{text[:500]} … {text[-300:]}"


def _line(mistake: Any, section: type[BaseModel]) -> str:
    parts, keys = _follow(mistake["loc"], section)
    key = f"{'.'.join(parts)}: " if parts else ""
    message = WORDS.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(parts[-1], keys, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        allowed = f"{hint}allowed are {', '.join(keys)}" if keys else "it is not known here"
        return f"{key}unknown key, its value is {mistake['input']!r}; {allowed}"
    if mistake["type"] == "string_pattern_mismatch" and NAME_PATTERN in message:
        message = (
            "a name may hold letters, digits and . _ + - only, and starts with one of the first two"
        )
    if mistake["type"] in ("missing", "value_error"):
        return f"{key}{message}"
    return f"{key}{message}, not {mistake['input']!r}"


def _follow(location: tuple[Any, ...], section: type[BaseModel]) -> tuple[list[str], list[str]]:
    """Follow `location` through the models.

    Return its parts as they stand in the config, and the keys that the last of them may be.
    """
    kind: Any = section
    parts, keys = [], []
    for part in location:
        models = _models(kind)
        # The branch of a union stands in the location under the name of its class.
        branch = next((m for m in models if len(models) > 1 and m.__name__ == part), None)
        if branch is not None or part == "[key]":
            kind = branch
            continue
        parts.append(str(part) if str(part).isprintable() else repr(part))
        keys = sorted({key for model in models for key in model.model_fields})
        if not isinstance(part, int):
            found = [m.model_fields[part].annotation for m in models if part in m.model_fields]
            kind = found[0] if found else None
    return parts, keys


def _models(kind: Any) -> list[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for part in getattr(kind, "__args__", ()) for model in _models(part)]
