"""Another modality: sequences of tokens train by the loop that images train by."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from weightscape.config.recipe import Recipe
from weightscape.data.examples import Examples
from weightscape.network.live import InputAdapter, LiveNetwork
from weightscape.network.predict import predict
from weightscape.train.loop import Streams, TrainingData, train

WORDS, LENGTH = 20, 8


class TokenInput(InputAdapter):
    """Sequences of int64 tokens, which need no decoding."""

    def put(self, inputs, device):
        if inputs.max() >= WORDS:
            raise ValueError(f"there are {WORDS} words, and no token {inputs.max()}")
        return torch.from_numpy(inputs).to(device)

    def decode(self, batch):
        return batch

    def encode(self, batch):
        return batch

    def batch_size(self, inputs):
        return 16


class Reader(nn.Module):
    """Embeds every token and classifies their mean."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, 6)
        self.head = nn.Linear(6, 2)

    def forward(self, tokens):
        return self.head(self.words(tokens).mean(1))


def sentences(seed, n=60):
    """Return sequences whose class is that of most of their tokens: below or from the middle."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    tokens = rng.integers(0, WORDS // 2, (n, LENGTH)) + WORDS // 2 * labels[:, None]
    tokens[:, :2] = rng.integers(0, WORDS, (n, 2))
    return Examples(tokens, labels, ("low", "high"))


def reader(seed=0):
    torch.manual_seed(seed)
    return LiveNetwork(Reader(), TokenInput(), "head", 2)


def test_tokens_train_by_the_loop_of_images():
    network, data = reader(), TrainingData(sentences(0), sentences(1))
    recipe = Recipe(epochs=20, batch_size=20, lr=0.05, sparsity=0.25)
    history = train(network, data, recipe, Streams(1, 2, 3)).history
    assert history[-1].loss < 0.2 < history[0].loss
    assert history[-1].val_accuracy == 1
    logits = predict(network, network.put(sentences(2).inputs))
    assert logits.shape == (60, 2)
    assert (logits.argmax(1) == sentences(2).labels).mean() > 0.95


def test_what_only_images_have_is_named():
    data = TrainingData(sentences(0), sentences(1))
    with pytest.raises(ValueError, match="mix images, and nothing else"):
        train(reader(), data, Recipe(batch_size=20, mixup_alpha=0.2), Streams(1, 2, 3))


ALONE = """
import sys
from tests.train.test_modality import *
network = reader()
train(network, TrainingData(sentences(0), sentences(1)), Recipe(batch_size=20), Streams(1, 2, 3))
images = ("timm", "torchvision", "PIL", "weightscape.network.inputs", "weightscape.data.pixels")
print([name for name in images if name in sys.modules])
"""


def test_no_code_for_images_is_needed():
    here = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=here, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
