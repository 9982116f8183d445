"""Studies with one thing wrong: seeded mutations of the shipped ones."""

import copy
import datetime
import random
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]

STRINGS = [
    "", " ", "a b", "a'b", 'a"b', "a/b", "/etc/passwd", "../../up", "..", ".", "~", "-rf", "--help",
    "$(touch pwned)", "`touch pwned`", "; touch pwned", "a|b", "a&b", "*", "?", "#", "%s", "!x",
    "a\nb", "a\tb", "a\0b", "\x1b[31m", "\u202e", "\ud800", "é", "名前", "😀", "{seed}", "{", "}",
    "{undefined}", "<results>", "a=b", "a,b", "a:b", "a\\b", "null", "1e-5", "nan", "x" * 101,
    "x" * 20_000, "a." * 2_000 + "b", "Condition", "Family", "init", "all", "none",
]  # fmt: skip
OTHERS = [
    None, True, False, 0, 1, -1, 2, 1.5, -0.5, 10**30, -(10**30), 1e300, float("nan"), float("inf"),
    [], [None], [[]], ["a", "a"], {}, {"a": 1}, {"a": {"b": [1]}}, {1: 2}, b"bytes",
    datetime.date(2020, 2, 20), list(range(1000)),
]  # fmt: skip

# What the shipped studies leave at its default.
MORE = {
    "shifts": [{"name": "fog", "source": "blur", "options": {"severities": [2]}}],
    "comparison": {"spectra_metrics": ["alpha", "log_norm"]},
    "spectra": {"bootstrap": 10, "null": "gaussian", "null_replicas": 2, "device": "cpu"},
    "threads": {"finetune": 1, "predict": 1},
    "figures": [{"name": "bars", "source": "family_bars", "options": {"metrics": ["alpha"]}}],
    "checkpoints": [{"name": "mine", "path": "mine.safetensors", "base": "timm:resnet18.a1_in1k"}],
    "claims": [
        {
            "claim": "mine",
            "statement": "Dropout raises alpha.",
            "parts": [
                {
                    "test": "direction",
                    "metrics": ["alpha"],
                    "of": [{"families": ["dropout"], "least": 0.5}],
                    "sign": "up",
                }
            ],
        }
    ],
}


class Mutation(NamedTuple):
    """A study with one thing wrong, and the keys of which a message must name one."""

    values: dict
    keys: tuple[str, ...]
    what: str


SHIPPED = ("config.yaml", "studies/digits.yaml", "tests/nano.yaml", "studies/checkpoints.yaml")


def mutations(count, seed=0):
    """Yield `count` mutated studies."""
    draw = random.Random(seed)
    shipped = [yaml.safe_load((ROOT / name).read_text("utf-8")) for name in SHIPPED]
    full = copy.deepcopy(shipped[0])
    for key, more in MORE.items():
        full[key] = full[key] + more if isinstance(full.get(key), list) else more
    studies = [full, full, *shipped]
    for _ in range(count):
        yield _mutated(copy.deepcopy(draw.choice(studies)), draw)


def _mutated(values, draw):
    # First the section, then a place within it: otherwise most would lie in the conditions.
    section = draw.choice(list(values))
    path = draw.choice([p for p in _paths(values) if p[0] == section])
    parent = values
    for part in path[:-1]:
        parent = parent[part]
    *_, last = path
    bad = draw.choice(STRINGS if draw.random() < 0.6 else OTHERS)
    keys = [part for part in path if isinstance(part, str)]
    how = draw.choice(["value", "value", "value", "key", "unknown", "missing", "twice"])
    if how == "missing":
        del parent[last]
    elif how == "twice" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[last]))
    elif how == "unknown" and isinstance(parent, dict):
        keys.append(draw.choice(["seedz", "Lr", "a b", "../x", "$(x)", "a\nb", "é", "k" * 5000]))
        parent[keys[-1]] = bad
    elif how == "key" and isinstance(parent, dict):
        keys.append(draw.choice([s for s in STRINGS if s not in parent]))
        parent[keys[-1]] = parent.pop(last)
    else:
        how = "value"
        parent[last] = copy.deepcopy(bad)
    # The key itself, as written or escaped, or what it belongs to: its section, or one of them.
    named = (keys[-1], repr(keys[-1])[1:-1], section, section.rstrip("s"))
    shown = repr(bad) if len(repr(bad)) < 40 else f"{repr(bad)[:40]}…"
    where = ".".join(map(str, path)) + (
        f" as {keys[-1][:40]!r}" if how in ("key", "unknown") else ""
    )
    return Mutation(values, tuple(n for n in named if n.strip()), f"{how} at {where}: {shown}")


def _paths(node, path=()):
    if path:
        yield path
    if isinstance(node, dict | list):
        for part, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _paths(value, (*path, part))
