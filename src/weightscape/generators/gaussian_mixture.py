"""A Gaussian mixture per class, over the principal components of the training images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field

from weightscape.config.generator import Generator

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples
    from weightscape.generators.model import Draw, Model, Setting


class GaussianMixture(Generator):
    """A Gaussian mixture per class; the options say how detailed it is."""

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

    def fit(self, train: Examples, setting: Setting) -> Model:
        """Return a class-conditional model of the images in `train`.

        Principal components are common to all classes and scaled to variance one; each class has a
        mixture of Gaussians with full covariances over them, fitted by expectation maximisation.

        Parameters
        ----------
        train : Examples
            The images to model.
        setting : Setting
            Its seed decides where expectation maximisation starts.

        Returns
        -------
        Model
            Its arrays, with d for the principal components and m for the Gaussians:

            - ``mean`` (channels, height, width): the mean image, values in [0, 1];
            - ``axes`` (d, channels, height, width): the image that one unit of a score adds;
            - ``weights`` (classes, m), ``means`` (classes, m, d) and ``factors`` (classes, m, d,
              d): the mixtures, a covariance being factor times its transpose.

        Raises
        ------
        ValueError
            If a class has fewer images than Gaussians, or there are fewer images or pixels than
            principal components.
        """
        import numpy as np
        from sklearn import decomposition, mixture

        from weightscape.generators.model import Model

        counts = np.bincount(train.labels, minlength=len(train.classes))
        for name, count in zip(train.classes, counts, strict=True):
            if count < max(self.components, 2):
                raise ValueError(
                    f"class {name!r} has {count} training images, too few for "
                    f"components={self.components} (at least 2 images in any case)"
                )
        pixels = train.inputs.reshape(len(train), -1) / 255
        if self.n_components_pca > min(pixels.shape):
            raise ValueError(
                f"n_components_pca={self.n_components_pca} exceeds what {pixels.shape[0]} training "
                f"images of {pixels.shape[1]} values have: at most {min(pixels.shape)}"
            )
        # The full solver has no random part.
        pca = decomposition.PCA(self.n_components_pca, whiten=True, svd_solver="full")
        scores = pca.fit_transform(pixels)
        shape = train.inputs.shape[1:]
        starts = np.random.SeedSequence(setting.seed).generate_state(len(train.classes))
        mixtures = [
            mixture.GaussianMixture(
                self.components,
                covariance_type="full",
                reg_covar=self.regularisation,
                max_iter=1000,
                random_state=int(start),
            ).fit(scores[train.labels == label])
            for label, start in enumerate(starts)
        ]
        axes = pca.components_ * np.sqrt(pca.explained_variance_)[:, None]
        arrays = {
            "mean": pca.mean_.reshape(shape),
            # safetensors would take a strided array's buffer for its values.
            "axes": np.ascontiguousarray(axes).reshape(-1, *shape),
            "weights": np.stack([fitted.weights_ for fitted in mixtures]),
            "means": np.stack([fitted.means_ for fitted in mixtures]),
            "factors": np.stack([np.linalg.cholesky(fitted.covariances_) for fitted in mixtures]),
        }
        return Model(arrays, {})

    def sampler(self, model: Model, setting: Setting) -> Draw:
        """Return what draws images from `model`: clipped to [0, 1], then rounded to 256 values.

        Parameters
        ----------
        model : Model
            What `fit` has returned.
        setting : Setting
            Its seed decides the images; each has draws of its own.
        """
        import numpy as np

        arrays = model.arrays
        shape = arrays["mean"].shape
        axes = arrays["axes"].reshape(len(arrays["axes"]), -1)

        def draw(label: int, indices: range) -> npt.NDArray[np.uint8]:
            images = np.empty((len(indices), *shape), np.uint8)
            weights = arrays["weights"][label]
            # Image by image: a product over many rows at once rounds differently with their number.
            for image, index in zip(images, indices, strict=True):
                rng = np.random.default_rng((setting.seed, label, index))
                gaussian = rng.choice(len(weights), p=weights)
                normal = rng.standard_normal(len(axes))
                scores = (
                    arrays["means"][label, gaussian] + arrays["factors"][label, gaussian] @ normal
                )
                pixels = arrays["mean"] + (scores @ axes).reshape(shape)
                image[...] = np.rint(np.clip(pixels, 0, 1) * 255)
            return images

        return draw

    def shrink(self) -> Self:
        """Return one for the few images of a trial."""
        few = {
            "n_components_pca": min(self.n_components_pca, 8),
            "components": min(self.components, 2),
        }
        return self.model_copy(update=few)
