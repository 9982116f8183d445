"""Designs set aside from those of `benchmarks.designs`."""

from benchmarks.designs import Design

APART: dict[str, Design] = {}
