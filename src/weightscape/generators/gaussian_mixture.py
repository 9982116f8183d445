"""A Gaussian mixture per class, over the principal components of the training images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from weightscape.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from weightscape.data.labelled import Labelled

    Arrays = Mapping[str, npt.NDArray[Any]]


class Options(Section):
    """How detailed the model is."""

    n_components_pca: int = Field(
        default=40, ge=1, description="Principal components that describe an image."
    )
    components: int = Field(default=4, ge=1, description="Gaussians in each class's mixture.")
    regularisation: float = Field(
        default=0.01,
        gt=0,
        description="Added to every variance, as a share of the variance of that principal"
        " component over all classes.",
    )


def fit(train: Labelled, options: Options, seed: int) -> dict[str, npt.NDArray[Any]]:
    """Return a class-conditional model of the images in `train`.

    Principal components are common to all classes and scaled to variance one; each class has a
    mixture of Gaussians with full covariances over them, fitted by expectation maximisation.

    Parameters
    ----------
    train : Labelled
        The images to model.
    options : Options
        Numbers of components, regularisation.
    seed : int
        Decides where expectation maximisation starts.

    Returns
    -------
    dict of str to ndarray
        Plain arrays, with d for the principal components and m for the Gaussians:

        - ``mean`` (channels, height, width): the mean image, values in [0, 1];
        - ``axes`` (d, channels, height, width): the image that one unit of a score adds;
        - ``weights`` (classes, m), ``means`` (classes, m, d) and ``factors`` (classes, m, d, d):
          the mixtures, a covariance being factor times its transpose.

    Raises
    ------
    ValueError
        If a class has fewer images than Gaussians, or there are fewer images or pixels than
        principal components.
    """
    import numpy as np
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture

    counts = np.bincount(train.labels, minlength=len(train.classes))
    for name, count in zip(train.classes, counts, strict=True):
        if count < max(options.components, 2):
            raise ValueError(
                f"class {name!r} has {count} training images, too few for "
                f"components={options.components} (at least 2 images in any case)"
            )
    pixels = train.images.reshape(len(train), -1) / 255
    if options.n_components_pca > min(pixels.shape):
        raise ValueError(
            f"n_components_pca={options.n_components_pca} exceeds what {pixels.shape[0]} training "
            f"images of {pixels.shape[1]} values have: at most {min(pixels.shape)}"
        )
    # The full solver has no random part.
    pca = PCA(options.n_components_pca, whiten=True, svd_solver="full")
    scores = pca.fit_transform(pixels)
    shape = train.images.shape[1:]
    starts = np.random.SeedSequence(seed).generate_state(len(train.classes))
    mixtures = [
        GaussianMixture(
            options.components,
            covariance_type="full",
            reg_covar=options.regularisation,
            max_iter=1000,
            random_state=int(start),
        ).fit(scores[train.labels == label])
        for label, start in enumerate(starts)
    ]
    axes = pca.components_ * np.sqrt(pca.explained_variance_)[:, None]
    return {
        "mean": pca.mean_.reshape(shape),
        # safetensors would take a strided array's buffer for its values.
        "axes": np.ascontiguousarray(axes).reshape(-1, *shape),
        "weights": np.stack([mixture.weights_ for mixture in mixtures]),
        "means": np.stack([mixture.means_ for mixture in mixtures]),
        "factors": np.stack([np.linalg.cholesky(mixture.covariances_) for mixture in mixtures]),
    }


def sample(
    model: Arrays, per_class: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Return images drawn from `model`, class by class.

    Parameters
    ----------
    model : mapping of str to ndarray
        What `fit` has returned.
    per_class : ndarray of int, shape (classes,)
        How many images of each class to draw.
    seed : int
        Decides the images. Those of a class are the beginning of a stream of its own: with one
        seed, asking for more keeps the first ones, whatever is asked for in other classes.

    Returns
    -------
    images : ndarray of uint8, shape (n, channels, height, width)
        The images, clipped to [0, 1] before they are rounded to 256 values.
    labels : ndarray of int64, shape (n,)
        Their classes, ascending.

    Raises
    ------
    ValueError
        If `per_class` does not have one count, 0 or more, for each class of the model.
    """
    import numpy as np

    if per_class.shape != model["weights"].shape[:1] or (per_class < 0).any():
        raise ValueError(
            f"per_class must have a count for each of the {len(model['weights'])} classes, "
            f"not {per_class.tolist()}"
        )
    images = np.empty((per_class.sum(), *model["mean"].shape), dtype=np.uint8)
    labels = np.repeat(np.arange(len(per_class)), per_class)
    axes = model["axes"].reshape(len(model["axes"]), -1)
    # Image by image: a product over many rows at once rounds differently with their number.
    rngs = [np.random.default_rng((seed, label)) for label in range(len(per_class))]
    for image, label in zip(images, labels, strict=True):
        rng, weights = rngs[label], model["weights"][label]
        gaussian = rng.choice(len(weights), p=weights)
        normal = rng.standard_normal(len(axes))
        scores = model["means"][label, gaussian] + model["factors"][label, gaussian] @ normal
        pixels = model["mean"] + (scores @ axes).reshape(image.shape)
        image[...] = np.rint(np.clip(pixels, 0, 1) * 255)
    return images, labels
