"""What is a set of weights in nested dictionaries, and that nothing in them is lost."""

import time
from random import Random

import numpy as np
import pytest

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.inert import Module
from weightscape.checkpoints.keys import USUAL
from weightscape.checkpoints.weight_sets import find_weight_sets


def tensor(*shape):
    return Tensor(shape, "float32", lambda: np.zeros(shape), object())


def network():
    return {
        "0.weight": tensor(8, 6), "0.bias": tensor(8), "2.weight": tensor(4, 8), "2.bias": tensor(4)
    }  # fmt: skip


def test_an_average_whose_names_have_lost_their_dots():
    state = network()
    dotless = {f"model_ema.{name.replace('.', '')}": value for name, value in state.items()}
    own = {f"model.{name}": value for name, value in network().items()}
    found = find_weight_sets({"state_dict": own | dotless | {"first_stage.w": tensor(3, 3)}}).sets
    assert list(found) == ["state_dict", "state_dict.model_ema"]
    assert found["state_dict.model_ema"].parameters == state


@pytest.mark.parametrize("names", [("target.weight", "head.weight"), ("k.weight", "q.weight")])
def test_a_part_of_the_network_is_not_taken_for_a_copy_of_it(names):
    shapes = [(9, 3), (5, 3)] if "target.weight" in names else [(3, 3), (3, 3)]
    state = {name: tensor(*shape) for name, shape in zip(names, shapes, strict=True)}
    assert list(find_weight_sets(state).sets) == [""]


def test_lists_of_tensors_and_of_state_dicts():
    assert list(find_weight_sets([tensor(3, 3), tensor(4)]).sets[""].parameters) == ["0", "1"]
    state = network()
    assert (
        find_weight_sets([state, 3, {"state": {}, "param_groups": []}]).sets["0"].parameters
        == state
    )
    two = {"models": [state, network()], "epoch": 3}
    assert list(find_weight_sets(two).sets) == ["models.0", "models.1"]
    shadow = {"model": state, "ema": {"decay": 0.9, "shadow_params": [tensor(3, 3)]}}
    assert list(find_weight_sets(shadow).sets) == ["model", "ema.shadow_params"]


def test_dictionaries_whose_names_are_not_those_of_parameters():
    state = network()
    tree = {"student": state, "dino_loss": {"center": tensor(1, 9)}, "stats": {"mu": tensor(3, 3)}}
    found = find_weight_sets(tree)
    assert list(found.sets) == ["student"]
    assert found.others == dict.fromkeys(
        ["dino_loss", "stats"], "its names are not those of parameters"
    )
    assert list(find_weight_sets({"epoch": 3, "odd": {"u": tensor(3, 3)}}).sets) == ["odd"]


def test_a_pickled_network_is_a_set_with_its_groups():
    module = Module("ultralytics.nn.tasks.DetectionModel")
    module |= network()
    module.groups["0.weight"] = 2
    found = find_weight_sets({"model": module, "ema": module, "optimizer": None})
    assert found.sets["model"].groups == {"0.weight": 2}
    assert found.others == {"ema": "the same tensors as model"}


def test_dictionaries_within_dictionaries_take_no_time():
    node = {"a.weight": tensor(3, 3)}
    for _ in range(29):
        node = {"p": node, "q": node}
    start = time.perf_counter()
    for tree in (node, {"model": node}, [node]):
        assert len(find_weight_sets(tree).sets) == 1
    assert time.perf_counter() - start < 1


def test_keys_of_any_kind():
    for key in (10**5000, -(10**5000), None, ("a", "b"), b"x", 1.5, True, "\ud800", "a\nb", ""):
        assert list(find_weight_sets({key: tensor(3, 3)}).sets) == [""]
        tree = {"net": {"deep": {key: {"fc.weight": tensor(3, 3)}}, "w": tensor(2, 2)}}
        (weights,) = find_weight_sets(tree).sets.values()
        assert [part.shape for part in weights.parameters.values()] == [(2, 2), (3, 3)]


def random_tree(random, depth):
    """Return nested dictionaries and lists with tensors, under keys that mean something or not."""
    if depth == 0 or random.random() < 0.4:
        return tensor(*random.choice([(), (3,), (3, 4)])) if random.random() < 0.7 else 3
    if random.random() < 0.2:
        return [random_tree(random, depth - 1) for _ in range(random.randrange(4))]
    keys = [
        *USUAL,
        "ema",
        "teacher",
        "optimizer",
        "state",
        "param_groups",
        "weight",
        "queue",
        "args",
    ]
    keys += ["best_acc", "encoder", "model_ema", "layer1", "bias", "rng_state"]
    chosen = random.sample(keys, random.randrange(6))
    return {key: random_tree(random, depth - 1) for key in chosen}


def leaves(node, path=()):
    if isinstance(node, Tensor):
        yield path
    elif isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(value, (*path, str(key)))


def test_every_tensor_is_a_parameter_or_named():
    for seed in range(2000):
        tree = {"file": random_tree(Random(seed), 5)}
        found = find_weight_sets(tree)
        parameters = {
            f"{key}.{name}" if key else name
            for key, weights in found.sets.items()
            for name in weights.parameters
        }
        for path in leaves(tree):
            above = {".".join(path[:end]) for end in range(len(path) + 1)}
            assert above & found.others.keys() or above & parameters, (seed, path)
