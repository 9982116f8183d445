"""A run whose training diverges: its files say so, and nothing else stops."""

import numpy as np
import pytest
import torch

from weightscape.checkpoints.safetensors_file import open_safetensors
from weightscape.config.measurement import Measurement, Value
from weightscape.config.metric import Metric
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.network.build import describe, initialise
from weightscape.network.predictions import predict_all, save_predictions
from weightscape.network.saved import SavedNetwork, load_network, mark_failed
from weightscape.tables import measurements, predictions, training
from weightscape.tables.table import provenance_of, read
from weightscape.train.finetune import Along, finetune, streams_of
from weightscape.train.loop import TrainingData
from weightscape.train.results import save_training

INFO = describe("resnet10t", in_chans=1, num_classes=3)
RUN = RunId("digits", "tiny", "hot", 1)
SGD = {"opt": "sgd", "lr": 1e30, "eval_interval": 1, "batch_size": 16}


class Noise(Measurement):
    """Draws from all generators, changes the network, and leaves gradients."""

    metrics = (Metric("noise", "A draw."),)

    def __call__(self, subject):
        network = subject.network
        first = torch.rand(()).item() + np.random.random()  # noqa: NPY002
        inputs = network.put(subject.test_sets["test", "none", 0].inputs)
        network.module.train()
        loss = sum(network.module(batch).square().mean() for batch in network.batches(inputs))
        loss.backward()
        with torch.no_grad():
            for parameter in network.module.parameters():
                parameter.mul_(2)
        yield Value("noise", first)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 3
    return Examples(rng.integers(0, 256, (48, 1, 16, 16), np.uint8), labels, ("a", "b", "c"))


@pytest.fixture(scope="module")
def initial():
    return SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)


def tuned(initial, images, along=None, **recipe):
    recipe = Recipe(**{"epochs": 2, "batch_size": 16, **recipe})
    data = TrainingData(images, images)
    streams = streams_of("digits", 1, 0)
    return finetune(initial, data, recipe, streams, Place("cpu", 1), along=along)


def outputs(folder):
    names = {"network": "model.safetensors", "average": "average.safetensors"}
    names |= {name: f"{name}.parquet" for name in ("history", "predictions", "course")}
    return {key: str(folder / name) for key, name in names.items()}


def save(folder, training, along):
    about = {"rule": "finetune"}
    save_training(outputs(folder), training, INFO, RUN, along, about)
    return {key: folder / name for key, name in outputs(folder).items()}


def test_what_a_failed_run_leaves(images, initial, tmp_path, caplog):
    along = Along({("test", "none", 0): images}, 0.0, (Noise(every=1),))
    failed = tuned(initial, images, along, **SGD)
    assert "lower lr" in failed.failure
    files = save(tmp_path, failed, along)
    assert "the training has failed" in caplog.text
    for name in ("network", "average"):
        assert load_network(files[name]).info.failure == failed.failure
    assert open_safetensors(files["network"]).failure == failed.failure
    history = read(files["history"])
    assert history.schema.names == training.SCHEMA.names
    assert len(history) == len(failed.history) < 6
    assert not any(history["selected"].to_pylist())
    assert read(files["predictions"]).schema.equals(predictions.SCHEMA)
    assert len(read(files["predictions"])) == 0
    assert read(files["course"]).schema.equals(measurements.SCHEMA)
    for name in ("history", "predictions", "course"):
        about = provenance_of(files[name])
        assert (about["rule"], about["status"]) == ("finetune", "failed")
        assert about["reason"] == failed.failure


def test_a_sound_run_says_nothing_of_a_failure(images, initial, tmp_path):
    along = Along({("test", "none", 0): images}, 0.0, (Noise(every=3),))
    files = save(tmp_path, tuned(initial, images, along), along)
    assert load_network(files["network"]).info == INFO
    assert "status" not in provenance_of(files["history"])
    assert read(files["history"])["selected"].to_pylist() == [False, True]
    assert len(read(files["predictions"])) == 48
    course = read(files["course"]).to_pylist()
    assert [(row["metric"], row["step"], row["status"]) for row in course] == [
        ("noise", 3, "ok"), ("noise", 6, "ok"),
    ]  # fmt: skip


def test_predictions_of_a_failed_network_have_no_rows_and_the_reason(images, initial, tmp_path):
    asked = [(("test", "none", 0), images)]
    path = tmp_path / "predictions.parquet"
    failed = mark_failed(initial, "the loss is nan")
    save_predictions(path, predict_all(failed, asked, RUN, Place()), {"rule": "predict"})
    assert len(read(path)) == 0 and read(path).schema.equals(predictions.SCHEMA)
    assert provenance_of(path)["reason"] == "the loss is nan"
    # So have those whose logits are too large to be kept, whatever the training said.
    large = {name: tensor * 1e9 if "fc." in name else tensor for name, tensor in initial[0].items()}
    parts = predict_all(SavedNetwork(large, INFO), asked, RUN, Place())
    save_predictions(path, parts, {"rule": "predict"})
    assert len(read(path)) == 0
    assert "not finite in float16" in provenance_of(path)["reason"]


def test_other_errors_are_raised(images, initial):
    with pytest.raises(ValueError, match="do not fill a batch"):
        tuned(initial, images, batch_size=64)


@pytest.mark.parametrize(
    "recipe", [{"dropout": 0.5, "augment": "trivial_augment"}, {"freeze_bn": True}]
)
def test_measuring_along_a_training_changes_nothing_of_it(images, initial, recipe):
    along = Along({("test", "none", 0): images}, None, (Noise(every=2),))
    plain, measured = (tuned(initial, images, a, **recipe) for a in (None, along))
    states = [t.network.state_dict() for t in (plain, measured)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert plain.history == measured.history
    assert [row["step"] for row in measured.course] == [2, 4, 6]
    # Its own draws follow its own seed, whatever the training has drawn.
    assert len({row["value"] for row in measured.course}) == 1
