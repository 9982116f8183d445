"""Files that are either whole or absent."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def beside(path: str | Path) -> Iterator[Path]:
    """Give a path beside `path` to write to, and rename it to `path` at the end.

    If the block raises, the unfinished file is removed and `path` stays as it was. One that a
    killed process has left is removed by the next that writes `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    pattern = rf"\.{re.escape(path.stem)}\.\d+\.tmp{re.escape(path.suffix)}"
    for other in path.parent.iterdir():
        if re.fullmatch(pattern, other.name):
            other.unlink(missing_ok=True)
    # The suffix is kept, because writers such as matplotlib choose the format by it.
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with beside(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
