"""Synthetic images, as many as a ratio asks for: drawn in chunks, and filtered where asked."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from weightscape.data.examples import Examples
from weightscape.data.mixing import per_class
from weightscape.generators.model import Draw
from weightscape.generators.recognition import RECOGNISER, fit_recogniser
from weightscape.tensors import allocate

if TYPE_CHECKING:
    from weightscape.config.generator import GeneratorEntry

log = logging.getLogger(__name__)

CHUNK = 64
"""Images that are drawn at a time."""

MOST = 10
"""How many images are drawn at most for one that is wanted."""

PAUSE = 10
"""Seconds between two lines on the progress."""


def generate(
    draw: Draw, entry: "GeneratorEntry", real: Examples, folder: Path | None = None
) -> tuple[Examples, dict[str, Any]]:
    """Return synthetic images, class by class, and what the filter did.

    Parameters
    ----------
    draw : Draw
        Draws images of a class.
    entry : GeneratorEntry
        Its `ratio` says how many images there are; its `filter` whether an image is only kept if a
        classifier of the real images recognises its class.
    real : Examples
        The real training images.
    folder : Path, optional
        Where images lie that are too many for the memory.

    Returns
    -------
    images : Examples
        Of class k round(ratio · real images of k), the first of its stream that are kept.
    filtered : dict
        Nothing without a filter, else `classifier` and, by class, `drawn` and `dropped`.

    Raises
    ------
    ValueError
        If ten times as many images as are wanted of a class do not give them.
    """
    wanted = per_class(real, entry.ratio)
    labels = np.repeat(np.arange(len(wanted)), wanted)
    images = allocate((len(labels), *real.inputs.shape[1:]), folder)
    recognise = fit_recogniser(real) if entry.filter else None
    drawn, dropped = np.zeros_like(wanted), np.zeros_like(wanted)
    done, tell = 0, _progress(len(labels))
    for label, count in enumerate(wanted):
        end = done + count
        while done < end:
            if drawn[label] >= MOST * count:
                raise ValueError(
                    f"generator {entry.name!r}: {drawn[label]} images of class "
                    f"{real.classes[label]!r} were drawn, and the filter recognises "
                    f"{1 - dropped[label] / drawn[label]:.1%} of them; {count} are wanted. Improve "
                    "the generator, lower its ratio or drop its filter"
                )
            start, size = int(drawn[label]), min(CHUNK, end - done)
            found = draw(label, range(start, start + size))
            drawn[label] += size
            if recognise:
                found = found[recognise(found) == label]
                dropped[label] += size - len(found)
            images[done : done + len(found)] = found
            done += len(found)
            tell(done, real.classes[label])
    filtered: dict[str, Any] = {}
    if recognise:
        log.info("the filter dropped %d of %d images", dropped.sum(), drawn.sum())
        filtered = {
            "classifier": RECOGNISER,
            "drawn": dict(zip(real.classes, drawn.tolist(), strict=True)),
            "dropped": dict(zip(real.classes, dropped.tolist(), strict=True)),
        }
    return Examples(images, labels, real.classes), filtered


def _progress(total: int) -> Callable[[int, str], None]:
    """Return a function that logs how many images there are, every now and then."""
    start = last = time.monotonic()

    def tell(done: int, name: str) -> None:
        nonlocal last
        if done < total and time.monotonic() - last < PAUSE:
            return
        last = time.monotonic()
        seconds = (last - start) / max(done, 1)
        log.info(
            "%d of %d images, at class %r: %.1f images/s, %s left",
            done,
            total,
            name,
            1 / max(seconds, 1e-9),
            timedelta(seconds=round(seconds * (total - done))),
        )

    return tell
