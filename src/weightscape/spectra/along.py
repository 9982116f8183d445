"""The table `spectra_along` of one run: its spectra at some steps of the training."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from weightscape.checkpoints.failure import note_failure
from weightscape.config.run import RunId
from weightscape.config.spectra import Spectra
from weightscape.layers.extract import extract_weights
from weightscape.seeds import seed_for
from weightscape.spectra.along_table import SCHEMA
from weightscape.spectra.fit import Initial, read_layers
from weightscape.spectra.stream import analyse_layers
from weightscape.tables import table
from weightscape.tensors import read_about

COSTLY: dict[str, Any] = {
    "bootstrap": 0,
    "goodness_of_fit": 0,
    "null_replicas": 0,
    "dyson_equalizer": False,
    "traps": False,
    "farms": False,
}
"""What is not computed along a training, whatever the study computes at its end."""


def fit_spectra_along(
    networks: Sequence[str | Path],
    initial: Initial,
    run: RunId,
    output: str | Path,
    provenance: Mapping[str, Any],
    options: Spectra,
    threads: int = 1,
    has_start: bool = False,
) -> None:
    """Analyse the layer matrices of a run's networks at some steps of its training.

    Parameters
    ----------
    networks : sequence of str or Path
        Networks as `weightscape.train.results.save_training` writes them, with their step; of a
        step that comes twice one counts. A training that has failed gives no rows.
    initial : Initial
        The network that it started from.
    run : RunId
        Whose networks they are.
    output : str or Path
        Where the table goes.
    provenance : mapping
        Kept in its metadata.
    options : Spectra
        What the study computes of its networks; of that what is not `COSTLY`.
    threads : int, optional
        Cores to use.
    has_start : bool, optional
        Whether the initial network is analysed too, as step 0.
    """
    cheap = options.model_copy(update=COSTLY)
    abouts = [read_about(network)["provenance"] for network in networks]
    failure = next((about["reason"] for about in abouts if about.get("status") == "failed"), "")
    steps = {about["step"]: network for about, network in zip(abouts, networks, strict=True)}
    seed = seed_for("spectra along", *run)
    rows = []
    for step, weights in [] if failure else _each(steps, initial.weights if has_start else None):
        layers = read_layers(weights, initial, cheap.form, with_delta=False)
        for layer, analysis in analyse_layers(layers, cheap, threads, seed_for(seed, step)):
            about = {name: value for name, value in layer.items() if name != "stage"}
            rows.append({**run._asdict(), "step": step, **about, **analysis.columns})
    about_run = note_failure(provenance, failure)
    table.write(output, table.from_rows(rows, SCHEMA), SCHEMA, about_run)


def _each(
    networks: Mapping[int, str | Path], initial_weights: str | Path | None
) -> Iterator[tuple[int, str | Path]]:
    """Give every step with a table `weights`, which is there until the next one."""
    if initial_weights is not None:
        yield 0, initial_weights
    for step, network in networks.items():
        with TemporaryDirectory() as folder:
            extract_weights(network, weights := Path(folder, "weights.parquet"), {})
            yield step, weights
