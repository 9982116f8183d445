"""All images that a run is tested on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from weightscape.data.examples import Examples, load, load_shift

Key = tuple[str, str, int]
"""Test set, shift and severity: the columns `TEST` of the predictions."""


def load_test_sets(
    val: str | Path, test: str | Path, shifts: Sequence[str], files: Sequence[str | Path]
) -> Iterator[tuple[Key, Examples]]:
    """Yield the images by test set, shift and severity, one file in memory at a time.

    Parameters
    ----------
    val, test : str or Path
        Files of the validation and test images.
    shifts : sequence of str
        Names of the shifts.
    files : sequence of str or Path
        Their files, in the same order.
    """
    yield ("val", "none", 0), load(val)
    yield ("test", "none", 0), load(test)
    for name, file in zip(shifts, files, strict=True):
        for severity, images in load_shift(file).items():
            yield ("test", name, severity), images
