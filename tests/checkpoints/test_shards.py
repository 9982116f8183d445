"""Checkpoints in several files: shards with an index or numbers, and slices."""

import json

import numpy as np
import pytest
import torch

from tests.helpers.bad_checkpoints import sound
from tests.helpers.weight_folders import found_in, write, write_shards
from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint


def is_joined(checkpoint):
    assert not checkpoint.faults
    for number in (0, 1):
        entries = checkpoint.parameters[f"layers.{number}.fc1.weight"].read()
        np.testing.assert_array_equal(entries, sound(number)["fc.weight"].numpy())
    return len(checkpoint.parameters) == 2


@pytest.mark.parametrize(
    "index",
    [
        "model.safetensors.index.json",
        "model.safetensors.index.fp16.json",
        "model.fp16.safetensors.index.json",
    ],
)
def test_an_index_of_whatever_variant_is_one_checkpoint(tmp_path, index):
    shards = write_shards(tmp_path, "model.fp16", index)
    assert found_in(tmp_path) == {index: ""}
    assert is_joined(open_checkpoint(str(tmp_path)))
    # The name of a shard stands for the checkpoint that it is a part of.
    assert [entry.name for entry in find_checkpoints(str(shards[1]))] == [str(tmp_path / index)]


def test_shards_without_an_index_are_joined_by_their_numbers(tmp_path):
    shards = write_shards(tmp_path, "model")
    assert found_in(tmp_path) == {shards[0].name: ""}
    for name in (tmp_path, *shards):
        checkpoint = open_checkpoint(str(name))
        assert is_joined(checkpoint)
        assert checkpoint.name == str(shards[0])
        assert checkpoint.skipped == {
            "model.safetensors.index.json": "is not there; the 2 shards are joined by their numbers"
        }


@pytest.mark.parametrize("index", [None, "model.safetensors.index.json"])
def test_a_missing_shard_is_a_fault_with_the_command_that_fetches_it(tmp_path, index):
    shards = write_shards(tmp_path, "model", index)
    shards[0].unlink()
    checkpoint = open_checkpoint(str(tmp_path))
    assert list(checkpoint.parameters) == ["layers.1.fc1.weight"]
    (fault,) = checkpoint.faults
    command = f"`hf download <repository> {shards[0].name} --local-dir {tmp_path}` fetches it"
    assert f"{shards[0]}: is missing; where it is from the hub, {command}" in fault


def test_networks_that_are_numbered_as_shards_are_not_mixed_without_a_word(tmp_path):
    for number in (1, 2):
        torch.save(sound(), tmp_path / f"fold-0000{number}-of-00002.pt")
    checkpoint = open_checkpoint(str(tmp_path))
    (fault,) = checkpoint.faults
    assert "has 1 parameters of an earlier shard, the first fc.weight" in fault


def test_a_number_that_stands_alone_is_no_shard(tmp_path):
    write(
        tmp_path,
        **{
            "model-00001-of-00001_safetensors": sound(),
            "rank_8_pt": sound(),
            "rank_16_pt": sound(),
        },
    )
    assert set(found_in(tmp_path).values()) == {""}
    assert not open_checkpoint(str(tmp_path / "model-00001-of-00001.safetensors")).skipped
    assert open_checkpoint(str(tmp_path / "rank_8.pt")).parameters["fc.weight"].shape == (24, 40)


def test_slices_of_llama_are_joined_along_the_dimension_they_are_cut_along(tmp_path):
    torch.manual_seed(0)
    whole = {
        "tok_embeddings.weight": torch.randn(50, 24),
        "layers.0.attention.wq.weight": torch.randn(16, 24),
        "layers.0.attention.wo.weight": torch.randn(24, 16),
        "layers.0.feed_forward.w1.weight": torch.randn(40, 24),
        "layers.0.feed_forward.w2.weight": torch.randn(24, 40),
        "norm.weight": torch.randn(24),
        "output.weight": torch.randn(50, 24),
    }
    cut = {"tok_embeddings.weight": 1, "layers.0.attention.wo.weight": 1,
           "layers.0.feed_forward.w2.weight": 1, "norm.weight": None}  # fmt: skip
    for rank in (0, 1):
        part = {
            name: value
            if cut.get(name, 0) is None
            else value.chunk(2, cut.get(name, 0))[rank].clone()
            for name, value in whole.items()
        }
        torch.save(part, tmp_path / f"consolidated.0{rank}.pth")
    (tmp_path / "params.json").write_text('{"dim": 24}')
    assert found_in(tmp_path) == {"consolidated.00.pth": "", "params.json": "not a checkpoint"}
    checkpoint = open_checkpoint(str(tmp_path / "consolidated.01.pth"))
    assert checkpoint.parameters.keys() == whole.keys()
    for name, value in whole.items():
        assert checkpoint.parameters[name].shape == tuple(value.shape)
        np.testing.assert_array_equal(checkpoint.parameters[name].read(), value.numpy())
    (tmp_path / "params.json").unlink()
    with pytest.raises(CheckpointError, match=r"one of 2 slices of a network.*convert_llama"):
        open_checkpoint(str(tmp_path))


@pytest.mark.parametrize(
    ("first", "second", "remedy"),
    [
        (
            "mp_rank_00/model_optim_rng.pt",
            "mp_rank_01/model_optim_rng.pt",
            "target-tensor-parallel",
        ),
        ("mp_rank_00_model_states.pt", "mp_rank_01_model_states.pt", "Megatron"),
        ("model-rank-0-part-0.pt", "model-rank-1-part-0.pt", "with as many processes"),
    ],
)
def test_other_slices_are_named_as_such(tmp_path, first, second, remedy):
    for name in (first, second):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        torch.save({"model": sound()}, tmp_path / name)
    assert found_in(tmp_path) == {first: ""}
    with pytest.raises(CheckpointError, match=rf"is one of 2 slices of a network.*{remedy}"):
        open_checkpoint(str(tmp_path / second))
    (tmp_path / second).unlink()
    assert list(open_checkpoint(str(tmp_path)).parameters) == ["fc.weight"]


@pytest.mark.parametrize("shard", ["", ".", "..", "../m.safetensors", "/m.safetensors", "a\0b"])
def test_an_index_leads_to_files_beside_it_alone(tmp_path, shard):
    index = tmp_path / "inside/model.safetensors.index.json"
    write(tmp_path, m_safetensors=sound())
    index.parent.mkdir()
    index.write_text(json.dumps({"weight_map": {"fc.weight": shard}}))
    checkpoint = open_checkpoint(str(index.parent))
    assert not checkpoint.parameters
    assert len(checkpoint.faults) == 1
