"""The processes of a benchmark that has many small tasks."""

import multiprocessing
from multiprocessing.pool import Pool

from threadpoolctl import threadpool_limits

from benchmarks.report import cores


def open_pool(most: int | None = None) -> Pool:
    """Return a pool of a process for every core, `most` at most, whose BLAS has one thread each."""
    count = cores() if most is None else max(1, min(cores(), most))
    return multiprocessing.get_context("spawn").Pool(count, _take_one_thread)


def _take_one_thread() -> None:
    threadpool_limits(1)
