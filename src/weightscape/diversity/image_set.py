"""What is measured of one set of images, from the images that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from weightscape.config.place import Place
from weightscape.data.samples import take_samples
from weightscape.diversity.measure import DiversityRow, Three, measure_diversity
from weightscape.diversity.sets import images_of, pixels_of, with_channels

if TYPE_CHECKING:
    from weightscape.config.diversity import Diversity, ImageSet
    from weightscape.data.examples import Examples


class Parts(NamedTuple):
    """What a set of images is made of.

    Attributes
    ----------
    train, test : Examples
        The dataset's images.
    synthetic : sequence of Examples
        The images of each generator that the set names, in its order.
    """

    train: Examples
    test: Examples
    synthetic: Sequence[Examples] = ()


class View(NamedTuple):
    """How a network sees images.

    Attributes
    ----------
    in_chans : int
        Channels of its input.
    img_size : int or None
        Height and width that a training brings images to before it augments them; as they are
        where it is None.
    seed : int
        Decides the draws of augmentations.
    """

    in_chans: int
    img_size: int | None
    seed: int


class Embedder(NamedTuple):
    """Where the features of images come from; nothing is read before they are asked for.

    Attributes
    ----------
    embeddings : str or Path
        File of the features of the training and test images.
    network : str or Path
        File of the network that gives those of other images.
    place : Place
        Where it runs.
    """

    embeddings: str | Path
    network: str | Path
    place: Place

    def embed(self, kind: str, images: Examples) -> Three:
        """Return the features of a set of this kind, of the training and of the test images."""
        from weightscape.network.embed import embed, load_embeddings
        from weightscape.network.saved import load_network

        known = load_embeddings(self.embeddings)
        own = {"real": known["train"], "test": known["test"]}.get(kind)
        if own is None:
            own = embed(load_network(self.network), images.inputs, self.place)
        return Three(own, known["train"], known["test"])


class Measured(NamedTuple):
    """What is known of a set of images.

    Attributes
    ----------
    diversity : list of DiversityRow
        The columns of the table `diversity` from `space` on.
    samples : list of dict
        Those of the table `samples` from `class` on.
    """

    diversity: list[DiversityRow]
    samples: list[dict[str, Any]]


def measure_image_set(
    image_set: ImageSet, parts: Parts, view: View, options: Diversity, embedder: Embedder
) -> Measured:
    """Return how diverse a set of images is and how like real ones, and some of its images.

    Parameters
    ----------
    image_set : ImageSet
        Which set.
    parts : Parts
        What it is made of.
    view : View
        How a network sees the images.
    options : Diversity
        In which spaces to measure, and how.
    embedder : Embedder
        Gives features, where they are one of the spaces.
    """
    train, test, *synthetic = (
        with_channels(part, view.in_chans) for part in (parts.train, parts.test, *parts.synthetic)
    )
    images, added = images_of(image_set, train, test, synthetic)
    if image_set.augment:
        from weightscape.augment.once import augment_once

        images = augment_once(images, image_set.augmentations, view.seed, view.img_size)
    spaces: dict[str, Three] = {}
    sets = (images, train, test)
    if "pixels" in options.spaces:
        spaces["pixels"] = Three(*(pixels_of(part.inputs, options.pixel_side) for part in sets))
    if "embedding" in options.spaces:
        spaces["embedding"] = embedder.embed(image_set.kind, images)
    labels = Three(*(part.labels for part in sets))
    rows = measure_diversity(
        spaces, labels, train.classes, added, options, image_set.kind, embedder.place.threads
    )
    # A plain mix has the images of other sets.
    is_plain_mix = image_set.kind == "mixed" and not image_set.augment
    return Measured(rows, take_samples(images, 0 if is_plain_mix else options.samples))
