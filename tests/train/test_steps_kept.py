"""Networks that a training keeps on its way, and the spectra of them."""

import numpy as np
import pytest
import torch

from tests.train.test_failure import INFO, RUN, SGD, images, initial, tuned  # noqa: F401
from tests.train.test_resume import Cut, CutError
from weightscape.config.measurement import Measurement, Value
from weightscape.config.metric import Metric
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.config.spectra import Spectra
from weightscape.config.spectra_along import SpectraAlong
from weightscape.layers.extract import extract_weights
from weightscape.network.saved import load_network, save_network
from weightscape.spectra.along import COSTLY, fit_spectra_along
from weightscape.spectra.along_table import SCHEMA
from weightscape.spectra.fit import Initial, fit_spectra
from weightscape.tables.table import provenance_of, read
from weightscape.train.finetune import Along, finetune, streams_of
from weightscape.train.loop import TrainingData, Watch
from weightscape.train.results import save_training
from weightscape.train.state import Keeper

QUICK = Spectra(form="unfolded", **COSTLY)


class HeadNorm(Measurement):
    metrics = (Metric("head_norm", "Norm of the classifier."),)

    def __call__(self, subject):
        yield Value("head_norm", subject.network.head.weight.norm().item())


def keep(**wanted):
    return Along({}, spectra=SpectraAlong(**wanted))


def save(folder, training, along):
    places = [str(folder / f"{place}.safetensors") for place in along.spectra.places]
    names = {"network": "model.safetensors", "history": "history.parquet"}
    files = {key: str(folder / name) for key, name in names.items()} | {"steps": places}
    save_training(files, training, INFO, RUN, along, {"rule": "finetune"})
    return places


def test_the_network_is_kept_as_it_is_after_the_step(images, initial):  # noqa: F811
    along = Along(
        {("test", "none", 0): images},
        measurements=(HeadNorm(every=1),),
        spectra=SpectraAlong(steps=(0, 2, 6)),
    )
    watched, plain = (tuned(initial, images, a) for a in (along, None))
    assert [*watched.kept] == ["step 2", "step 6"]  # the initial network is there anyway
    norms = {row["step"]: row["value"] for row in watched.course}
    for step in (2, 6):
        head = watched.kept[f"step {step}"][f"{INFO.classifier}.weight"]
        assert head.norm().item() == pytest.approx(norms[step])
    # And the training goes on as if nobody looked.
    for name, tensor in plain.network.state_dict().items():
        assert torch.equal(watched.network.state_dict()[name], tensor)
        assert torch.equal(watched.kept["step 6"][name], tensor)


def test_a_training_cut_off_keeps_what_it_had(images, initial, tmp_path):  # noqa: F811
    def train(keeper):
        return finetune(
            initial, TrainingData(images, images), Recipe(epochs=5, batch_size=16),
            streams_of("digits", 1, 0), Place("cpu", 1), Watch(keeper=keeper),
            keep(shares=(0.1, 0.4, 1)),
        )  # fmt: skip

    with pytest.raises(CutError):
        train(Cut(tmp_path / "state.safetensors", "x", seconds=0))
    resumed, whole = (
        train(keeper) for keeper in (Keeper(tmp_path / "state.safetensors", "x", 1e9), None)
    )
    assert [*resumed.kept] == [*whole.kept] == ["step 2", "step 6", "step 15"]
    for what, tensors in whole.kept.items():
        assert all(torch.equal(resumed.kept[what][name], t) for name, t in tensors.items())


@pytest.fixture(scope="module")
def start(initial, tmp_path_factory):  # noqa: F811
    """Return the initial network's files."""
    folder = tmp_path_factory.mktemp("start")
    save_network(folder / "model.safetensors", initial, {})
    extract_weights(folder / "model.safetensors", folder / "weights.parquet", {})
    outputs = folder / "spectra.parquet", folder / "eigenvalues.parquet"
    fit_spectra(folder / "weights.parquet", None, RUN, outputs, {}, QUICK)
    return Initial(folder / "weights.parquet", outputs[1])


def test_spectra_along_a_training_end_with_the_run_s_own(images, initial, start, tmp_path):  # noqa: F811
    along = keep(shares=(0, 0.1, 0.15, 1))  # the second and the third are the first step
    networks = save(tmp_path, tuned(initial, images, along), along)
    output = tmp_path / "spectra_along.parquet"
    fit_spectra_along(
        networks, start, RUN, output, {"study": "s"}, Spectra(form="unfolded"), 2, True
    )
    rows = read(output).to_pandas()
    assert rows.groupby("step")["layer"].nunique().to_dict() == dict.fromkeys(
        (0, 1, 6), rows["layer"].nunique()
    )
    assert (rows["status"] != "failed").all() and rows["pl_p_value"].isna().all()
    before, first, last = (rows[rows["step"] == step].set_index("layer") for step in (0, 1, 6))
    assert (before["log_spectrum_distance"] == 0).all()
    assert (first["log_spectrum_distance"] < last["log_spectrum_distance"]).mean() > 0.8
    extract_weights(tmp_path / "model.safetensors", tmp_path / "weights.parquet", {})
    ends = tmp_path / "spectra.parquet", tmp_path / "eigenvalues.parquet"
    fit_spectra(tmp_path / "weights.parquet", start, RUN, ends, {}, QUICK)
    own = read(ends[0]).to_pandas().query("stage == 'finetuned'").set_index("layer")
    for name in ("alpha", "log_norm", "alpha_fixed_k", "log_spectrum_distance", "detX_num"):
        np.testing.assert_array_equal(last[name], own[name])


def test_a_run_that_failed_has_no_spectra_along_and_says_why(images, initial, start, tmp_path):  # noqa: F811
    along = keep(steps=(0, 1, 6))
    failed = tuned(initial, images, along, **SGD)
    networks = save(tmp_path, failed, along)
    assert load_network(networks[1]).info.failure == failed.failure
    output = tmp_path / "spectra_along.parquet"
    fit_spectra_along(networks, start, RUN, output, {}, QUICK, has_start=True)
    assert read(output).schema.equals(SCHEMA) and len(read(output)) == 0
    assert provenance_of(output)["reason"] == failed.failure
