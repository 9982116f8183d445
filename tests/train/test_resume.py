"""A training that is killed and started again ends as one that is not: to the last bit."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from weightscape.config.measurement import Measurement, Value
from weightscape.config.metric import Metric
from weightscape.config.place import Place
from weightscape.config.recipe import Recipe
from weightscape.content import identity_of
from weightscape.data.examples import Examples
from weightscape.network.build import describe, initialise
from weightscape.network.saved import SavedNetwork
from weightscape.train.finetune import Along, finetune, streams_of
from weightscape.train.loop import TrainingData, Watch
from weightscape.train.state import Keeper

INFO = describe("resnet10t", in_chans=1, num_classes=3)
RECIPES = {
    "adamw": {"dropout": 0.5, "augment": "trivial_augment", "warmup_epochs": 2.5},
    "sgd": {"opt": "sgd", "augment": {"gaussian_noise": {"sd": 0.1}}, "weight_decay": 0.1},
    "best": {"select": "best", "sparsity": 0.5, "mixup_alpha": 0.2, "eval_interval": 3},
}


class HeadNorm(Measurement):
    metrics = (Metric("head_norm", "Norm of the classifier."),)

    def __call__(self, subject):
        yield Value("head_norm", subject.network.head.weight.norm().item())


def tuned(keeper, epochs=5, **recipe):
    """Return the weights of a small training with what it has kept, and its history."""
    rng = np.random.default_rng(0)
    labels = np.arange(48) % 3
    images = Examples(rng.integers(0, 256, (48, 1, 16, 16), np.uint8), labels, ("a", "b", "c"))
    recipe = Recipe(epochs=epochs, batch_size=16, **recipe)
    initial = SavedNetwork(initialise(INFO, 1, {}).state_dict(), INFO)
    tuned = finetune(
        initial, TrainingData(images, images), recipe, streams_of("demo", 1, 0), Place("cpu", 1),
        Watch(keeper=keeper), Along({("test", "none", 0): images}, 0.3, (HeadNorm(every=4),)),
    )  # fmt: skip
    kept = {(what, name): t for what, found in tuned.kept.items() for name, t in found.items()}
    return {**tuned.network.state_dict(), **kept}, (tuned.history, tuned.course)


def same(a, b):
    """Return whether two trainings gave the same."""
    return (
        a[0].keys() == b[0].keys()
        and a[1] == b[1]
        and all(torch.equal(a[0][name], b[0][name]) for name in a[0])
    )


class CutError(Exception):
    """Stands for the end of a process."""


class Cut(Keeper):
    """Cuts a training off after it has written its state so many times."""

    def save_if_due(self, training):
        super().save_if_due(training)
        if len(training.history) == 3:
            raise CutError


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_training_cut_off_between_epochs_goes_on_to_the_same_end(tmp_path, recipe):
    path = tmp_path / "state.safetensors"
    with pytest.raises(CutError):
        tuned(Cut(path, "x", seconds=0), **recipe)
    torch.rand(7)  # whatever happened to torch's generator in between
    keeper = Keeper(path, "x", seconds=1e9)
    whole = tuned(None, **recipe)
    assert same(tuned(keeper, **recipe), whole)
    assert [entry.epoch for entry in whole[1][0]] == [1, 2, 3, 4, 5]
    assert [row["step"] for row in whole[1][1]] == [4, 8, 12]
    keeper.remove()
    assert not path.exists()


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.train.test_resume import RECIPES, tuned
from weightscape.train.state import Keeper
tuned(Keeper(Path(sys.argv[2]), "x", seconds=0), epochs=40, **RECIPES["adamw"])
"""


def test_a_training_killed_at_some_moment_goes_on_to_the_same_end(tmp_path, caplog):
    path = tmp_path / "state.safetensors"
    here = str(Path(__file__).parents[2])
    training = subprocess.Popen([sys.executable, "-c", KILLED, here, str(path)])
    while not path.exists():
        assert training.poll() is None
        time.sleep(0.001)
    time.sleep(0.2)
    training.kill()
    assert training.wait() == -signal.SIGKILL
    with caplog.at_level("INFO"):
        resumed = tuned(Keeper(path, "x", seconds=1e9), epochs=40, **RECIPES["adamw"])
    assert "goes on after epoch" in caplog.text
    assert "epoch 1 of 40" not in caplog.text
    assert same(resumed, tuned(None, epochs=40, **RECIPES["adamw"]))


def test_the_state_of_another_training_is_left_aside(tmp_path):
    path = tmp_path / "state.safetensors"
    with pytest.raises(CutError):
        tuned(Cut(path, "x", seconds=0), **RECIPES["adamw"])
    assert same(tuned(Keeper(path, "y", seconds=1e9)), tuned(None))


@pytest.mark.parametrize("content", [b"", b"\x80\x04cos\nsystem\n(S'touch pickled'\ntR."])
def test_a_file_that_is_no_state_is_left_aside(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "state.safetensors"
    path.write_bytes(content)
    assert same(tuned(Keeper(path, "x", seconds=1e9), epochs=1), tuned(None, epochs=1))
    assert not (tmp_path / "pickled").exists()


def test_a_short_training_writes_no_state(tmp_path):
    tuned(Keeper(tmp_path / "state.safetensors", "x"))
    assert list(tmp_path.iterdir()) == []


def test_the_identity_tells_data_types_and_settings_apart():
    a = np.arange(4)
    different = [
        (a, {"x": 1}), (a, {"x": 2}), (a + 1, {"x": 1}), (a.astype(np.int32), {"x": 1}),
        (a.reshape(2, 2), {"x": 1}),
    ]  # fmt: skip
    assert len({identity_of(*parts) for parts in different}) == len(different)
    assert identity_of({"x": 1, "y": 2}) == identity_of({"y": 2, "x": 1})
