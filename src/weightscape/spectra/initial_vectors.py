"""The singular vectors of initial networks, as a file: once for all that starts from one."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.config.spectra import Spectra
from weightscape.layers.extract import read_layer_matrices
from weightscape.spectra.compare_vectors import find_initial_vectors
from weightscape.spectra.eigenvalues import check_device
from weightscape.spectra.forms import in_forms
from weightscape.spectra.stream import Layer
from weightscape.spectra.vectors import Vectors
from weightscape.tensors import read_header, read_tensors, write_tensors


def write_initial_vectors(
    weights_path: str | Path, path: str | Path, options: Spectra, provenance: Mapping[str, Any]
) -> None:
    """Write the singular vectors that runs are compared with, of every layer that is one matrix.

    Parameters
    ----------
    weights_path : str or Path
        The table `weights` of an initial network.
    path : str or Path
        Where the vectors go: a safetensors file with ``<layer>.left`` and ``<layer>.right``, an
        unfolded convolution's in its layer's name. It is without tensors where `options` compare
        no vectors.
    options : Spectra
        Which vectors are compared, and the forms of convolutions.
    provenance : mapping
        Kept in the metadata.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    check_device(options.device)
    tensors: dict[str, NDArray[np.float64]] = {}
    if options.compares_vectors:
        for name, found in _decompose(weights_path, options):
            for side, vectors in found._asdict().items():
                tensors[f"{name}.{side}"] = vectors
    write_tensors(path, tensors, dict(provenance))


def read_initial_vectors(path: str | Path, layer: str) -> Vectors | None:
    """Return the vectors of a layer; None where it has none in the file."""
    names = [f"{layer}.{side}" for side in Vectors._fields]
    if not set(names) <= set(read_header(path).entries):
        return None
    found = read_tensors(path, names)
    return Vectors(*(found[name] for name in names))


def _decompose(weights_path: str | Path, options: Spectra) -> Iterator[tuple[str, Vectors]]:
    for about, values in read_layer_matrices(weights_path):
        for form in in_forms(Layer(about, values, about["layer_type"]), options.form):
            if len(form.values) == 1 and form.values.size and np.isfinite(form.values).all():
                yield about["layer"], find_initial_vectors(form.values[0], options)
