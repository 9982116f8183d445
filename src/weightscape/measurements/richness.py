"""How rich the features before the classifier are, and what a linear probe reads in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from weightscape.config.measurement import Measurement, Subject, Value
from weightscape.config.metric import Metric

if TYPE_CHECKING:
    import numpy as np

    from weightscape.data.examples import Examples

_PROBE = "of a linear probe: logistic regression on the features of the training images"


class Richness(Measurement):
    """Effective rank of the features before the classifier, and accuracy of a linear probe there.

    The probe is fitted on training images that are not augmented; validation images choose its
    strength.
    """

    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "feature_rank",
            "Effective rank of the centred features before the classifier: the exponential of the"
            " entropy of their singular values as shares of the sum.",
            source="Roy & Vetterli 2007, The effective rank, EUSIPCO, 606-610",
        ),
        Metric("probe_accuracy", f"Accuracy {_PROBE}.", better="higher"),
        Metric("probe_balanced_accuracy", f"Balanced accuracy {_PROBE}.", better="higher"),
        Metric("probe_auroc", f"Area under the ROC curve {_PROBE}.", better="higher"),
    )

    images: int | None = Field(
        None, ge=2, description="Most images of a set to look at, drawn; all when missing."
    )

    def __call__(self, subject: Subject) -> Iterator[Value]:
        """Yield the rank and the probe's scores on every test set."""
        from weightscape.scoring.classification import score_classification
        from weightscape.scoring.features import effective_rank, fit_probe

        probe = fit_probe(
            self._features(subject, subject.training),
            self._features(subject, subject.validation),
            subject.network.num_classes,
        )
        for key, examples in subject.test_sets.items():
            features, labels = self._features(subject, examples)
            rank = effective_rank(features)
            yield Value("feature_rank", rank, "", *key, reason="all features are the same")
            for name, value in score_classification(probe(features), labels).items():
                yield Value(f"probe_{name}", value, "", *key, reason="a class has no images")

    def _features(self, subject: Subject, examples: Examples) -> tuple[np.ndarray, np.ndarray]:
        """Return features and labels of a set, or of a part of it that the seed decides."""
        import numpy as np

        from weightscape.network.embed import features_of

        order = np.random.default_rng(subject.seed).permutation(len(examples))
        chosen = examples.subset(np.sort(order[: self.images]))
        # What a few images take stays in a processor's caches: twice as fast as many at once.
        size = 16 if subject.device.type == "cpu" else None
        inputs = subject.network.put(chosen.inputs)
        return features_of(subject.network, inputs, size), chosen.labels
