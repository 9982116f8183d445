"""The sets of weights that a file holds, and what lies beside them."""

import argparse
import copy

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.utils import CheckpointSaver, ModelEmaV2
from torch import nn
from torch.optim.swa_utils import AveragedModel

from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint, open_checkpoints

TRAINING = "the state of a training, not weights"


def weights(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)).state_dict()


def optimizer():
    network = nn.Linear(6, 8)
    adam = torch.optim.Adam(network.parameters())
    network(torch.ones(1, 6)).sum().backward()
    adam.step()
    return adam.state_dict()


def saved(tmp_path, content):
    torch.save(content, tmp_path / "m.pt")
    return open_checkpoints(str(tmp_path / "m.pt"))


def is_state(checkpoint, state):
    assert checkpoint.parameters.keys() == state.keys()
    for name, tensor in state.items():
        np.testing.assert_array_equal(checkpoint.parameters[name].read(), tensor.numpy())
    return True


@pytest.mark.parametrize(
    ("beside", "value"),
    [
        ("best_acc1", torch.tensor(76.1)),
        ("confusion_matrix", torch.rand(50, 50)),
        ("rng_state", torch.get_rng_state()),
        ("class_weights", torch.rand(10)),
        ("prototypes", torch.rand(9, 9)),
    ],
)
@pytest.mark.parametrize("key", ["state_dict", "model", "my_own_key"])
def test_a_tensor_beside_the_weights_is_named_and_not_taken_for_them(tmp_path, key, beside, value):
    state = weights()
    (checkpoint,) = saved(tmp_path, {"epoch": 3, beside: value, key: state, "o": optimizer()})
    assert is_state(checkpoint, state)
    assert checkpoint.weight_set == ""
    assert checkpoint.skipped == {
        beside: f"lies beside {key} and is none of its parameters",
        "o": TRAINING,
    }


@pytest.mark.parametrize("name", ["confusion_matrix", "loss_history", "train_losses", "val_acc"])
def test_numbers_of_a_training_in_the_state_dict_itself_are_named(tmp_path, name):
    (checkpoint,) = saved(tmp_path, weights() | {name: torch.rand(9, 9)})
    assert is_state(checkpoint, weights())
    reason = "lies beside the weights and is none of its parameters"
    assert checkpoint.skipped == {name: reason}


def test_the_state_of_a_loss_beside_the_weights_is_named(tmp_path):
    loss = {"weight": torch.rand(10), "scale": torch.tensor(2.0)}
    (checkpoint,) = saved(tmp_path, {"model_state_dict": weights(), "criterion_state_dict": loss})
    assert is_state(checkpoint, weights())
    assert "no spectrum" in checkpoint.skipped["criterion_state_dict"]


def test_parts_of_one_network_are_joined_with_its_own_parameters(tmp_path):
    state, text = weights(), weights(1)
    content = {"model": {"encoder": state, "logit_scale": torch.tensor(2.6), "text": [text]}}
    (checkpoint,) = saved(tmp_path, content)
    expected = {f"encoder.{name}": value for name, value in state.items()}
    expected |= {f"text.0.{name}": value for name, value in text.items()}
    assert is_state(checkpoint, expected | {"logit_scale": torch.tensor(2.6)})
    assert not checkpoint.skipped


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        (["state_dict", "state_dict_ema"], "01"),
        (["params_ema", "params"], "10"),
        (["teacher", "student"], "10"),
        (["discriminator", "generator"], "10"),
        (["model_ema", "model"], "10"),
        (["g_ema", "d", "g"], "210"),
        (["ema_state_dict", "net"], "10"),
        (["averaged_model", "anything"], "10"),
        (["encoder", "decoder"], "01"),
        (["target_encoder", "predictor", "encoder"], "120"),
        (["netD_state_dict", "netG_state_dict"], "10"),
        (["critic", "actor"], "10"),
    ],
)
def test_all_sets_are_given_the_one_that_is_meant_first(tmp_path, keys, order):
    states = [weights(seed) for seed in range(len(keys))]
    found = saved(tmp_path, {"epoch": 1, **dict(zip(keys, states, strict=True))})
    assert [each.weight_set for each in found] == [keys[int(index)] for index in order]
    for index, each in zip(order, found, strict=True):
        assert is_state(each, states[int(index)])
    assert is_state(open_checkpoint(str(tmp_path / "m.pt")), states[int(order[0])])


def test_a_set_that_is_alone_has_no_name(tmp_path):
    (checkpoint,) = saved(tmp_path, {"ema": weights(), "opt": {}})
    assert checkpoint.weight_set == ""


def test_sets_of_the_same_tensors_are_read_once(tmp_path):
    state = weights()
    (checkpoint,) = saved(tmp_path, {"ema": state, "copy": dict(state), "model": state})
    assert is_state(checkpoint, state)
    assert checkpoint.skipped == dict.fromkeys(["ema", "copy"], "the same tensors as model")


def test_sets_of_equal_numbers_are_two(tmp_path):
    found = saved(tmp_path, {"model": weights(), "ema": copy.deepcopy(weights())})
    assert [each.weight_set for each in found] == ["model", "ema"]


@pytest.mark.parametrize(
    "content",
    [
        {"optimizer": optimizer()},
        optimizer(),
        {"lr_scheduler": {"w": torch.ones(3)}, "scaler": {"scale": torch.ones(1)}},
        {
            "python": (3, (1, 2), None),
            "cpu": torch.get_rng_state(),
            "cuda": [torch.get_rng_state()],
        },
    ],
    ids=["nested", "bare", "scheduler", "random"],
)
def test_a_state_of_training_is_no_weights(tmp_path, content):
    with pytest.raises(CheckpointError, match="holds the state of a training, not weights"):
        saved(tmp_path, content)
    torch.save(weights(), tmp_path / "n.pt")
    reasons = {entry.name: entry.reason for entry in find_checkpoints(str(tmp_path))}
    assert reasons == {str(tmp_path / "m.pt"): TRAINING, str(tmp_path / "n.pt"): ""}


def test_a_file_without_tensors(tmp_path):
    with pytest.raises(CheckpointError, match=r"m.pt: holds no state dict.*save the state dict"):
        saved(tmp_path, {"epoch": 3})


def test_what_timm_saves(tmp_path):
    network = timm.create_model("resnet10t", num_classes=10)
    average = ModelEmaV2(network)
    with torch.no_grad():
        average.module.fc.weight.add_(1)
    saver = CheckpointSaver(
        network,
        torch.optim.SGD(network.parameters(), 0.1),
        args=argparse.Namespace(model="resnet10t", lr=0.1),
        model_ema=average,
        checkpoint_dir=str(tmp_path),
        recovery_dir=str(tmp_path),
    )
    saver.save_checkpoint(0, metric=76.1)
    found = open_checkpoints(str(tmp_path / "model_best.pth.tar"))
    assert [each.weight_set for each in found] == ["state_dict", "state_dict_ema"]
    assert is_state(found[0], network.state_dict())
    assert is_state(found[1], average.module.state_dict())
    assert not found[0].skipped
    # Its files of one epoch are one file by links.
    reasons = [entry.reason for entry in find_checkpoints(str(tmp_path))]
    assert [bool(reason) for reason in reasons].count(False) == 1


def test_what_lightning_saves(tmp_path):
    state, average = {f"model.{name}": value for name, value in weights().items()}, weights(1)
    content = {
        "epoch": 1,
        "pytorch-lightning_version": "2.5",
        "state_dict": state,
        "callbacks": {"EMA": {"ema_weights": average, "step": 3}, "ModelCheckpoint": {"a": 1}},
        "optimizer_states": [optimizer()],
        "lr_schedulers": [{"last_epoch": 1}],
        "hyper_parameters": {"class_weights": torch.ones(3)},
    }
    raw, ema = saved(tmp_path, content)
    assert is_state(raw, state)
    assert is_state(ema, average)
    assert ema.weight_set == "callbacks.EMA.ema_weights"
    assert raw.skipped == dict.fromkeys(["optimizer_states", "hyper_parameters"], TRAINING)


def test_what_deepspeed_saves(tmp_path):
    content = {"module": weights(), "optimizer": None, "param_shapes": [], "ds_version": "0.14"}
    assert is_state(saved(tmp_path, content)[0], weights())
    content["mp_world_size"] = 2
    with pytest.raises(CheckpointError, match="is one of 2 slices of a network"):
        saved(tmp_path, content)
    content = {"module": {"a.weight": torch.empty(0)}, "ds_version": "0.14"}
    with pytest.raises(CheckpointError, match=r"ZeRO-3 .* `python zero_to_fp32.py \. whole` in"):
        saved(tmp_path, content)


def test_what_megatron_saves(tmp_path):
    state = weights()
    tree = {"language_model": {"embedding": {"word_embeddings": state}, "encoder": weights(1)}}
    content = {"iteration": 3, "model": tree, "rng_state": [{"cuda": torch.get_rng_state()}]}
    (checkpoint,) = saved(tmp_path, content | {"optimizer": {"optimizer": optimizer()}})
    assert "language_model.embedding.word_embeddings.0.weight" in checkpoint.parameters
    assert "language_model.encoder.2.bias" in checkpoint.parameters
    assert checkpoint.skipped == dict.fromkeys(["optimizer", "rng_state"], TRAINING)


def test_the_state_of_a_running_average_beside_its_network(tmp_path):
    network = nn.Linear(6, 8)
    average = AveragedModel(network)
    average.update_parameters(network)
    with torch.no_grad():
        average.module.weight.add_(1)
    raw, ema = saved(tmp_path, {"model": network.state_dict(), "swa": average.state_dict()})
    assert is_state(raw, network.state_dict())
    assert (ema.weight_set, list(ema.parameters)) == ("swa", ["module.weight", "module.bias"])
    assert raw.skipped == {"swa.n_averaged": "lies beside swa and is none of its parameters"}


@pytest.mark.parametrize(
    ("prefixes", "sets"),
    [
        (("module.base_encoder.", "module.momentum_encoder."),
         ("module.base_encoder", "module.momentum_encoder")),
        (("online_model.", "ema_model."), ("online_model", "ema_model")),
        (("student.backbone.", "teacher.backbone."), ("student", "teacher")),
        (("encoder_q.", "encoder_k."), ("encoder_q", "encoder_k")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_copy_of_the_network_in_one_dictionary_with_it(tmp_path, suffix, prefixes, sets):
    raw, average = weights(0), weights(1)
    state = {
        f"{prefix}{name}": value
        for prefix, part in zip(prefixes, (raw, average), strict=True)
        for name, value in part.items()
    }
    (save_file if suffix == "safetensors" else torch.save)(state, tmp_path / f"m.{suffix}")
    found = open_checkpoints(str(tmp_path / f"m.{suffix}"))
    assert tuple(each.weight_set for each in found) == sets
    for each, part in zip(found, (raw, average), strict=True):
        inner = [name.removeprefix("backbone.") for name in each.parameters]
        assert sorted(inner) == sorted(part)
        weight = next(name for name in each.parameters if name.endswith("0.weight"))
        np.testing.assert_array_equal(each.parameters[weight].read(), part["0.weight"].numpy())
