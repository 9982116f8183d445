"""Some images of every set, to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from weightscape.data.examples import Examples

COLUMNS = 10
"""Images of a row of a contact sheet."""


def take_pictures(
    train: Examples, test: Examples, shifts: Mapping[str, Mapping[int, Examples]]
) -> Iterator[dict[str, Any]]:
    """Yield rows of the table `pictures`: by domain, and shifts at their mildest and strongest.

    Parameters
    ----------
    train, test : Examples
        The images that networks are trained and tested on.
    shifts : mapping of str to mapping of int to Examples
        The shifted images by shift and severity.
    """
    yield from _of_set("train", 0, train)
    yield from _of_set("test", 0, test)
    for name, severities in shifts.items():
        for severity in dict.fromkeys((min(severities), max(severities))):
            yield from _of_set(name, severity, severities[severity])


def _of_set(name: str, severity: int, images: Examples) -> Iterator[dict[str, Any]]:
    for domain in np.unique(images.domains):
        part = images.subset(np.flatnonzero(images.domains == domain))
        for sample in take_samples(part, COLUMNS):
            about = {"set": name, "severity": severity, "domain": images.domain_names[domain]}
            yield about | sample


def take_samples(images: Examples, count: int) -> list[dict[str, Any]]:
    """Return `count` images to show: the first of each class, then the second of each, and so on.

    Parameters
    ----------
    images : Examples
        The images; classes without any are passed over.
    count : int
        How many to take; all where there are fewer.

    Returns
    -------
    list of dict
        class, place, channels, height, width and pixels, as in the tables `samples` and
        `pictures`.
    """
    labels = images.labels
    place = np.empty(len(labels), np.int64)
    for k in range(len(images.classes)):
        members = labels == k
        place[members] = np.arange(np.count_nonzero(members))
    chosen = np.lexsort((labels, place))[:count]
    channels, height, width = images.inputs.shape[1:]
    return [
        {
            "class": images.classes[labels[i]],
            "place": int(place[i]),
            "channels": channels,
            "height": height,
            "width": width,
            "pixels": images.inputs[i].ravel(),
        }
        for i in chosen
    ]
