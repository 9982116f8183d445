"""Folders as people have them: which of their files are checkpoints, and why others are none."""

import os

import pytest
import torch
from safetensors.torch import save_file

from tests.helpers.bad_checkpoints import sound
from tests.helpers.weight_folders import found_in, write, write_shards
from weightscape.checkpoints.checkpoint import CheckpointError
from weightscape.checkpoints.find import find_checkpoints, open_checkpoint

TRAINING = "the state of a training, not weights"


def test_one_form_of_the_same_weights_is_read(tmp_path):
    write(
        tmp_path,
        model_safetensors=sound(),
        pytorch_model_bin=sound(),
        consolidated_safetensors=sound(),
    )
    write(tmp_path, **{"model.fp16_safetensors": sound(), "model.non_ema_safetensors": sound(1)})
    write_shards(
        tmp_path / "unet",
        "diffusion_pytorch_model",
        "diffusion_pytorch_model.safetensors.index.json",
    )
    write(tmp_path / "unet", **{"diffusion_pytorch_model_bin": sound()})
    write(tmp_path / "vae", **{"diffusion_pytorch_model_safetensors": sound(2)})
    for name in (
        "rust_model.ot", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx",
        "onnx/model_q4.onnx", "openvino/openvino_model.bin", "openvino/openvino_model.xml",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * 99)
    reasons = found_in(tmp_path)
    read = [
        "model.non_ema.safetensors", "model.safetensors", "vae/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.safetensors.index.json",
    ]  # fmt: skip
    assert sorted(name for name, reason in reasons.items() if not reason) == sorted(read)
    assert reasons["pytorch_model.bin"] == "the same weights as model.safetensors"
    others = {reason for name, reason in reasons.items() if name not in read and "unet" not in name}
    assert others == {
        "the same weights as model.safetensors", f"the same weights as {tmp_path}/model.safetensors"
    }  # fmt: skip


def test_where_the_form_that_comes_first_is_broken_the_next_is_read(tmp_path):
    write(tmp_path, pytorch_model_bin=sound())
    (tmp_path / "model.safetensors").write_bytes(b"\x10\x00")
    assert found_in(tmp_path) == {"model.safetensors": "", "pytorch_model.bin": ""}


def test_files_of_one_stem_are_the_same_weights_where_their_entries_are(tmp_path):
    half = {"fc.weight": sound()["fc.weight"].half()}
    write(
        tmp_path,
        net_safetensors=sound(),
        net_ckpt=half,
        net_pt=sound(1),
        net_pth={"a.weight": torch.ones(3, 3)},
    )
    assert found_in(tmp_path) == {
        "net.safetensors": "",
        "net.ckpt": "the same weights as net.safetensors",
        "net.pt": "",
        "net.pth": "",
    }


def test_a_run_of_a_trainer_is_its_weights(tmp_path):
    folder = tmp_path / "checkpoint-10"
    write(folder, model_safetensors=sound())
    states = (
        "optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state_0.pth", "training_args.bin",
        "random_states_0.pkl", "sampler.bin", "dl_state_dict.bin", "custom_checkpoint_0.pkl",
        "optimizer_1.bin", "any_name.pt",
    )  # fmt: skip
    for name in states:
        torch.save({"step": 1, "optimizer": {"state": {0: {"m": torch.ones(3)}}}}, folder / name)
    torch.save({"state": {}}, folder / "custom_checkpoint_1.pkl")
    (folder / "optimizer_0").mkdir()
    for name in ("optimizer_0/__0_0.distcp", "optimizer_0/.metadata"):
        (folder / name).write_bytes(b"x")
    (folder / "trainer_state.json").write_text("{}")
    write(folder / "global_step10", **{"mp_rank_00_model_states_pt": {"module": sound()}})
    reasons = {os.path.basename(name): reason for name, reason in found_in(tmp_path).items()}
    assert [name for name, reason in reasons.items() if not reason] == ["model.safetensors"]
    for name in (*states, "custom_checkpoint_1.pkl", "optimizer_0"):
        assert reasons[name] == TRAINING
    assert reasons["trainer_state.json"] == "not a checkpoint"
    same = f"the same weights as {folder}/model.safetensors"
    assert reasons["mp_rank_00_model_states.pt"] == same
    assert open_checkpoint(str(tmp_path)).name == str(folder / "model.safetensors")


def test_an_average_that_a_trainer_keeps_is_not_lost(tmp_path):
    write(tmp_path, model_safetensors=sound())
    torch.save(
        {"shadow_params": [torch.ones(3, 3)], "decay": 0.9}, tmp_path / "custom_checkpoint_0.pkl"
    )
    assert found_in(tmp_path)["custom_checkpoint_0.pkl"] == ""


def test_what_deepspeed_leaves(tmp_path):
    one, three = tmp_path / "one/global_step10", tmp_path / "three/global_step10"
    optimizer = {"optimizer_state_dict": {"fp32_flat_groups": [torch.ones(9)]}}
    write(one, mp_rank_00_model_states_pt={"module": sound(), "ds_version": "0.14"})
    write(one, bf16_zero_pp_rank_0_mp_rank_00_optim_states_pt=optimizer)
    for rank in (0, 1):
        empty = {"module": {"a.weight": torch.empty(0)}, "ds_version": "0.14"}
        write(three, **{f"zero_pp_rank_{rank}_mp_rank_00_model_states_pt": empty})
        write(three, **{f"zero_pp_rank_{rank}_mp_rank_00_optim_states_pt": optimizer})
    reasons = {os.path.basename(name): reason for name, reason in found_in(tmp_path).items()}
    assert [name for name, reason in reasons.items() if not reason] == [
        "mp_rank_00_model_states.pt", "zero_pp_rank_0_mp_rank_00_model_states.pt"
    ]  # fmt: skip
    assert {reason for name, reason in reasons.items() if "optim" in name} == {TRAINING}
    with pytest.raises(CheckpointError, match=r"zero_to_fp32.py \. whole` in .*three$"):
        open_checkpoint(str(tmp_path / "three"))


def test_a_distributed_checkpoint_is_named_with_the_command_that_joins_it(tmp_path):
    folder = tmp_path / "run/pytorch_model_fsdp_0"
    folder.mkdir(parents=True)
    for name in ("__0_0.distcp", "__1_0.distcp", ".metadata"):
        (folder / name).write_bytes(b"x")
    assert found_in(tmp_path) == {"run/pytorch_model_fsdp_0": ""}
    command = rf"format_utils dcp_to_torch {folder} {folder}\.pt`"
    for name in (tmp_path, folder):
        with pytest.raises(CheckpointError, match=command):
            open_checkpoint(str(name))
    torch.save(sound(), f"{folder}.pt")
    assert open_checkpoint(str(tmp_path)).name == f"{folder}.pt"


@pytest.mark.parametrize(
    "name", ["m.pth.tar", "m.th", "M.PTH", "m", "m.model", "m.pkl", "m.weights", "m.2"]
)
def test_a_file_is_told_by_its_content(tmp_path, name):
    torch.save({"state_dict": sound()}, tmp_path / name)
    for other in ("notes.md", "data.csv", "tokenizer.model", "picture"):
        (tmp_path / other).write_bytes(b"\n\x07words and more words")
    torch.save({"words": [1, 2]}, tmp_path / "vocabulary.pkl")
    reasons = found_in(tmp_path)
    assert [name for name, reason in reasons.items() if not reason] == [name]
    assert all(reason.startswith("not a checkpoint") for reason in reasons.values() if reason)


def test_what_is_half_downloaded(tmp_path):
    write(tmp_path, good_safetensors=sound(), model_safetensors=sound())
    (tmp_path / "model.safetensors.aria2").write_bytes(b"x")
    (tmp_path / "other.safetensors.incomplete").write_bytes(b"x")
    (tmp_path / "other.safetensors.lock").write_bytes(b"")
    (tmp_path / "film.mp4.part").write_bytes(b"x")
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 438\n"
    (tmp_path / "pointer.safetensors").write_text(pointer)
    reasons = found_in(tmp_path)
    record = "not a checkpoint, but the record of a download"
    assert reasons.pop("other.safetensors.lock") == record
    assert reasons.pop("model.safetensors.aria2") == record
    assert reasons.pop("film.mp4.part") == "not a checkpoint"
    assert reasons.pop("good.safetensors") == ""
    for name, told in {
        "model.safetensors": "`aria2c -c`",
        "other.safetensors.incomplete": "`hf download` or what else has begun it goes on with it",
        "pointer.safetensors": "`git lfs pull`",
    }.items():
        assert reasons.pop(name) == ""
        with pytest.raises(CheckpointError, match=told):
            open_checkpoint(str(tmp_path / name))
    assert not reasons


def test_links_are_followed_and_nothing_is_read_twice(tmp_path):
    store, folder = tmp_path / "store", tmp_path / "models"
    write(store / "a", net_safetensors=sound())
    folder.mkdir()
    (folder / "by_name").symlink_to(store / "a")
    (folder / "again").symlink_to(store / "a", target_is_directory=True)
    (folder / "file.safetensors").symlink_to(store / "a/net.safetensors")
    (folder / "up").symlink_to(folder)
    (folder / "round.pt").symlink_to(folder / "round.pt")
    (folder / "gone.safetensors").symlink_to(store / "gone.safetensors")
    (folder / "config.json").symlink_to(store / "gone.json")
    os.link(store / "a/net.safetensors", folder / "hard.safetensors")
    read = folder / "again/net.safetensors"
    assert found_in(folder) == {
        "again/net.safetensors": "",
        "by_name": f"a link to the folder {folder}/again, which is looked at",
        "config.json": "not a checkpoint, but a link to nothing",
        "file.safetensors": f"the same file as {read}, by a link",
        "gone.safetensors": "",
        "hard.safetensors": f"the same file as {read}, by a link",
        "round.pt": "",
        "up": f"a link to the folder {folder}, which is looked at",
    }
    for name in ("gone.safetensors", "round.pt"):
        with pytest.raises(CheckpointError, match=r"is a link to .*, which is not there; mend or"):
            open_checkpoint(str(folder / name))


def test_a_folder_that_holds_one_checkpoint_is_that(tmp_path):
    write(tmp_path, model_safetensors=sound(), pytorch_model_bin=sound(1))
    assert open_checkpoint(str(tmp_path)).name == str(tmp_path / "model.safetensors")
    write(tmp_path, other_safetensors=sound(2))
    shown = r"holds 2 checkpoints; name one of them: .*model\.safetensors, .*other\.safetensors$"
    with pytest.raises(CheckpointError, match=shown):
        open_checkpoint(str(tmp_path))


def test_what_lies_beside_the_weights_describes_them(tmp_path):
    write(tmp_path, model_safetensors=sound(), adapter_model_safetensors=sound(1))
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "adapter_config.json").write_text('{"r": 8, "lora_alpha": 16}')
    assert open_checkpoint(str(tmp_path / "model.safetensors")).config == {"model_type": "llama"}
    adapter = open_checkpoint(str(tmp_path / "adapter_model.safetensors"))
    assert adapter.config == {"r": 8, "lora_alpha": 16}
    for broken in ("{", "[1]", '{"a": ' * 100_000):
        (tmp_path / "adapter_config.json").write_text(broken)
        assert open_checkpoint(str(tmp_path / "adapter_model.safetensors")).config == {}


@pytest.mark.parametrize(
    "name", ["a b.safetensors", "line\nbreak.safetensors", b"n\xffn.safetensors"]
)
def test_odd_names_of_files(tmp_path, name):
    path = os.path.join(tmp_path, os.fsdecode(name))
    save_file(sound(), tmp_path / "plain.safetensors")
    os.rename(tmp_path / "plain.safetensors", path)
    (entry,) = find_checkpoints(str(tmp_path))
    assert list(open_checkpoint(entry.name).parameters) == ["fc.weight"]


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "", "missing/m.pt", "file/m.pt"])
def test_names_that_no_file_can_have(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(CheckpointError):
        open_checkpoint(name)
