"""Norms of the weights that a network acts by, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from weightscape.config.measurement import Measurement, Subject, Value
from weightscape.config.metric import Metric

_SOURCE = "van Laarhoven 2017, arXiv:1706.05350; Zhang et al. 2019, arXiv:1810.12281"


class FoldedNorms(Measurement):
    """Norms of each layer's matrix with the batch norm after it folded in.

    A batch norm takes the scale of the weights before it out of what the network does, so that
    their plain norm may move where nothing else does: weight decay shrinks it by arithmetic. The
    folded norm moves with what the layer does. A layer without a batch norm right after it has its
    plain norm.
    """

    metrics: ClassVar[tuple[Metric, ...]] = (
        Metric(
            "folded_log_norm",
            "log10 of the squared Frobenius norm of a layer, as `log_norm`, with the batch norm"
            " after it folded in; as it is where there is none.",
            source=_SOURCE,
        ),
        Metric(
            "folded_log_spectral_norm",
            "log10 of the squared spectral norm of a layer, as `log_spectral_norm`, with the batch"
            " norm after it folded in; as it is where there is none.",
            source=_SOURCE,
        ),
    )

    def __call__(self, subject: Subject) -> Iterator[Value]:
        """Yield both norms of every layer, by its name in the table `spectra`."""
        from weightscape.checkpoints.groups import find_groups
        from weightscape.layers.catalogue import catalogue, matrix
        from weightscape.measurements._batch_norms import fold_batch_norms
        from weightscape.spectra.eigenvalues import eigenvalues
        from weightscape.spectra.norms import norms

        network = subject.network
        batch = next(network.batches(network.put(subject.training.inputs[:2])))
        fold_batch_norms(network.module, batch)
        tensors = network.module.state_dict()
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        groups = find_groups(network.module)
        for layer in catalogue(shapes, network.classifier, groups).layers:
            values = matrix(tensors[layer.parameter].cpu().numpy(), layer)
            ascending = eigenvalues(values, layer.layer_type).ascending
            found = norms(ascending) if ascending[-1] > 0 else {}
            for name in ("log_norm", "log_spectral_norm"):
                yield Value(
                    f"folded_{name}",
                    found.get(name, float("nan")),
                    layer.layer,
                    reason="all entries are zero",
                )
