"""What a long benchmark has found so far, so that it goes on where it was stopped."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from weightscape.content import content_digest, identity_of

ROOT = Path(__file__).parents[1]
FOLDERS = ("src/weightscape/comparison", "src/weightscape/config", "benchmarks")
"""Whose code decides what is found."""


class Kept:
    """Counts by key, in a file of their own for every state of the code.

    Parameters
    ----------
    name : str
        Of the benchmark.
    folder : Path
        Where the file lies; it is made.
    """

    def __init__(self, name: str, folder: Path = ROOT / "results" / "benchmarks") -> None:
        files = sorted(file for of in FOLDERS for file in (ROOT / of).glob("*.*") if file.is_file())
        state = identity_of(*(content_digest(file) for file in files))[:16]
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{name}-{state}.jsonl"
        lines = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        self._found = {entry["key"]: Counter(entry["counts"]) for entry in entries}

    def find(self, key: str) -> Counter[str] | None:
        """Return what is known of a key; None where it has not been counted."""
        return self._found.get(key)

    def keep(self, key: str, counts: Iterable[tuple[str, int]]) -> None:
        """Add what has been found of a key, at once on the disk."""
        self._found[key] = Counter(dict(counts))
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, "counts": self._found[key]}) + "\n")
