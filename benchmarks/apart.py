"""Run a function in a process of its own, to see how much memory it takes."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Usage:
    """What a call took.

    Attributes
    ----------
    result : object
        What it returned.
    seconds : float
        Its duration.
    before, peak : int
        Resident memory at its start and at its largest since, in bytes.
    """

    result: Any
    seconds: float
    before: int
    peak: int


def apart(prepare: Callable[..., Callable[[], Any]], *arguments: Any) -> Usage:
    """Say what a call takes in a fresh process (Linux only).

    Parameters
    ----------
    prepare : callable
        A function of a module that makes ready and returns the call. What it imports and returns
        is in memory at the start.
    *arguments : object
        Passed to `prepare`.
    """
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(_watched, prepare, *arguments).result()


def _watched(prepare: Callable[..., Callable[[], Any]], *arguments: Any) -> Usage:
    call = prepare(*arguments)
    # The kernel's own high-water mark: getrusage would count the parent's memory in as well.
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _memory("VmRSS"), time.perf_counter()
    result = call()
    return Usage(result, time.perf_counter() - start, before, _memory("VmHWM"))


def _memory(kind: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(kind):
            return int(line.split()[1]) * 1024
    raise OSError(f"the kernel does not report {kind}")
