"""Pickled objects: networks are their state dicts, all others inert, and nothing is called."""

import argparse
import collections
import dataclasses
import datetime
import pathlib
import pickle
import sys
import types
from enum import Enum

import pytest
import torch
from torch import nn

from tests.helpers.weight_files import WRITERS, same, same_state, state_dict
from weightscape.checkpoints.inert import Inert, Module
from weightscape.checkpoints.tree import read_tree


class Colour(Enum):
    RED = 1


@dataclasses.dataclass
class Options:
    rate: float
    root: pathlib.Path


class Slotted:
    __slots__ = ("a", "b")


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_objects_of_other_classes_are_inert(tmp_path, protocol):
    slotted = Slotted()
    slotted.a, slotted.b = 1, state_dict()
    content = {
        "args": argparse.Namespace(lr=0.1, root=pathlib.PosixPath("/data")), "colour": Colour.RED,
        "options": Options(0.5, pathlib.PosixPath("a")), "when": datetime.datetime(2024, 1, 1),
        "model": collections.defaultdict(list, state_dict()), "slotted": slotted,
        "function": len, "dtype": torch.float16, "device": torch.device("cpu"),
        Colour.RED: 1, ("a", 1): 2, "counts": collections.Counter("aab"),
        "queue": collections.deque([1, 2]), "simple": types.SimpleNamespace(x=1),
    }  # fmt: skip
    torch.save(content, tmp_path / "m", pickle_protocol=protocol)
    tree = read_tree(tmp_path / "m").tree
    same_state(tree["model"], state_dict())
    assert isinstance(tree["args"], Inert)
    assert (tree["args"].kind, tree["args"]["lr"]) == ("argparse.Namespace", 0.1)
    assert tree["options"]["rate"] == 0.5
    assert tree["slotted"]["a"] == 1
    same_state(tree["slotted"]["b"], state_dict())
    assert tree["simple"] == {"x": 1}
    assert (tree["dtype"], tree["device"], tree["queue"]) == ("torch.float16", "cpu", [1, 2])
    assert (tree["counts"], tree["a", 1], len(tree)) == ({"a": 2, "b": 1}, 2, len(content))


def test_nothing_that_a_file_names_is_called(tmp_path):
    class Call:
        def __reduce__(self):
            return (open, (str(tmp_path / "made"), "w"))

    class Import:
        def __reduce__(self):
            return (exec, ("import antigravity",))

    torch.save({"a": Call(), "b": Import(), "model": state_dict()}, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    same_state(tree["model"], state_dict())
    assert tree["a"] == {"arguments": [str(tmp_path / "made"), "w"]}
    assert not (tmp_path / "made").exists()
    assert "antigravity" not in sys.modules


def test_an_object_that_holds_itself(tmp_path):
    node = types.SimpleNamespace(weights=state_dict(), parts=[])
    node.parts.append(node)
    torch.save({"a": node, "again": node}, tmp_path / "m")
    tree = read_tree(tmp_path / "m").tree
    same_state(tree["a"]["weights"], state_dict())
    assert (tree["a"]["parts"], tree["again"]) == ([None], {})


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.body = nn.Sequential(
            nn.Conv2d(8, 12, 3, groups=4), nn.BatchNorm2d(12), nn.Conv2d(12, 12, 3, groups=12)
        )
        self.rnn = nn.LSTM(12, 6, 2, bidirectional=True)
        self.attention = nn.MultiheadAttention(12, 3)
        self.embedding = nn.Embedding(10, 12)
        self.head = nn.Linear(12, 10)
        self.head.weight = self.embedding.weight
        self.twin = self.head
        self.register_buffer("steps", torch.arange(3))
        self.register_buffer("transient", torch.ones(7), persistent=False)
        self.register_parameter("nothing", None)
        self.plain = torch.ones(2)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("wrap", [lambda net: net, nn.DataParallel], ids=["bare", "parallel"])
def test_a_whole_network_is_its_state_dict(tmp_path, write, wrap):
    network = wrap(Network())
    write({"model": network, "epoch": 3}, tmp_path / "m")
    found = read_tree(tmp_path / "m").tree["model"]
    assert isinstance(found, Module)
    same_state(found, network.state_dict())
    prefix = "module." if wrap is nn.DataParallel else ""
    assert found.groups == {f"{prefix}body.0.weight": 4}
    assert found[f"{prefix}head.weight"].storage is not None or write is WRITERS["pickle"]


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.twin = self.fc
        self.register_buffer("steps", torch.arange(3))
        self.width: int = 8

    def forward(self, x):
        return self.twin(self.fc(x)) + self.steps.sum()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "compiled", [torch.jit.script, lambda net: torch.jit.trace(net, torch.ones(2, 8))]
)
def test_a_torchscript_archive_is_its_state_dict(tmp_path, compiled):
    torch.manual_seed(0)
    script = compiled(nn.Sequential(Inner(), nn.BatchNorm1d(8)))
    torch.jit.save(script, str(tmp_path / "m"))
    found = read_tree(tmp_path / "m").tree
    expected = script.state_dict()
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        same(found[name], tensor)
