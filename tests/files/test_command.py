"""The command on what goes wrong, and what it says at the end."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.helpers.bad_checkpoints import sound
from weightscape.checkpoints.checkpoint import Checkpoint, Tensor
from weightscape.cli import main
from weightscape.spectra import stream as analysis
from weightscape.tables import table


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of its own, with a sound file and one that is no folder."""
    monkeypatch.chdir(tmp_path)
    save_file(sound(), "m.safetensors")
    (tmp_path / "afile").write_text("x")
    return tmp_path


def rows_of(*arguments):
    """Return the exit status and the rows of the table."""
    status = main(["spectra", *map(str, arguments), "-o", "t.parquet", "--cheap"])
    return status, table.read("t.parquet").to_pylist()


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("/proc/t.parquet", "No such file or directory"),
        ("afile/t.parquet", "Not a directory"),
        (".parquet", "Is a directory"),
        (f"{'x' * 240}.parquet", "File name too long"),
    ],
    ids=["proc", "no folder", "a folder", "long"],
)
def test_that_the_table_can_be_written_is_tried_first(output, said, capsys, monkeypatch):
    os.mkdir(".parquet")
    monkeypatch.setattr(analysis, "analyse", lambda *_: pytest.fail("a layer is analysed"))
    assert main(["spectra", "m.safetensors", "-o", output]) == 2
    assert capsys.readouterr() == ("", f"{output}: cannot be written: {said}\n")


def test_the_folder_of_the_table_is_made(folder):
    assert main(["spectra", "m.safetensors", "--cheap", "-o", "a/b/t.parquet"]) == 0
    assert os.listdir(folder / "a/b") == ["t.parquet"]


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "much", ""])
def test_no_amount_of_memory_is_refused_in_one_line(amount, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["spectra", "m.safetensors", f"--max-memory={amount}"])
    assert stopped.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert f"{amount!r} is no amount of memory: give GB, such as 16" in last


def test_more_threads_than_cores_are_no_mistake():
    status, (row,) = rows_of("m.safetensors", "--threads", 4 * (os.cpu_count() or 1))
    assert (status, row["status"]) == (0, "ok")


def test_a_base_may_be_a_folder_of_one(folder):
    (folder / "before").mkdir()
    save_file(sound(1), "before/m.safetensors")
    status, rows = rows_of("m.safetensors", "--base", "before")
    assert (status, [row["stage"] for row in rows]) == (0, ["finetuned", "delta"])


def test_what_is_as_in_the_base_is_said(capsys):
    save_file(sound(), "same.safetensors")
    status, _ = rows_of("m.safetensors", "--base", "same.safetensors")
    assert status == 0
    assert "every layer is as it is in the base" in capsys.readouterr().out


def test_the_base_is_matched_by_its_names_and_both_lines_are_said(capsys):
    draw = torch.Generator().manual_seed(0)
    base = {f"layer.{i}.query.weight": torch.randn(24, 24, generator=draw) for i in range(3)}
    save_file(base | {"pooler.weight": torch.ones(9, 9)}, "base.safetensors")
    change = 0.1 * torch.randn(24, 24, generator=draw)
    save_file({f"bert.{name}": value + change for name, value in base.items()}, "tuned.safetensors")
    status, rows = rows_of("tuned.safetensors", "--base", "base.safetensors")
    assert status == 0
    deltas = [row["norm"] for row in rows if row["stage"] == "delta" and row["layer"]]
    np.testing.assert_allclose(deltas, 3 * [float((change.double() ** 2).sum())], rtol=1e-5)
    notes = [row["reason"] for row in rows if row["status"] == "note"]
    assert len(notes) == 2
    assert "`bert.`" in notes[0]
    assert "pooler.weight" in notes[1]
    out = capsys.readouterr().out
    assert all(f"note tuned.safetensors: {note}" in out for note in notes)


def test_what_is_missing_of_the_base_is_said():
    save_file(sound(), "model-1.safetensors")
    shards = {"fc.weight": "model-1.safetensors", "b.weight": "model-2.safetensors"}
    index = Path("model.safetensors.index.json")
    index.write_text(json.dumps({"weight_map": shards}))
    status, rows = rows_of("m.safetensors", "--base", index)
    assert status == 0
    (note,) = [row["reason"] for row in rows if row["status"] == "note"]
    assert note.startswith("of the base, ")
    assert "model-2.safetensors" in note


@pytest.mark.parametrize("base", ["afile", "nowhere.pt", "m.safetensors"])
def test_a_base_that_cannot_be_read_ends_in_one_line(base, capsys, monkeypatch):
    def resolve(checkpoint):
        raise KeyError("lora_alpha")

    monkeypatch.setattr("weightscape.files.command.resolve", resolve)
    assert main(["spectra", "m.safetensors", "--base", base]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"--base {base}: ")


def test_an_empty_base_is_not_taken_for_none(capsys):
    assert main(["spectra", "m.safetensors", "--base", ""]) == 1
    out, err = capsys.readouterr()
    assert (out, err[:20]) == ("", "--base an empty name")


def test_every_set_of_weights_has_its_rows_and_its_block(capsys):
    draw = torch.Generator().manual_seed(0)
    sets = {
        key: {"fc.weight": torch.randn(24, 40, generator=draw)}
        for key in ("state_dict", "state_dict_ema")
    }
    torch.save(sets | {"epoch": 3}, "both.pt")
    status, rows = rows_of("both.pt")
    assert status == 0
    out = capsys.readouterr().out
    found = {row["weight_set"]: row["norm"] for row in rows}
    for key, state in sets.items():
        norm = float((state["fc.weight"].double() ** 2).sum())
        np.testing.assert_allclose(found[key], norm, rtol=1e-6)
        assert f"both.pt {key}: 1 ok, 0 partial, 0 failed" in out


@pytest.fixture
def adapter(folder):
    """Write an adapter of PEFT and its base; return the weight and its change by both factors."""
    draw = torch.Generator().manual_seed(0)
    weight = torch.randn(24, 40, generator=draw)
    down, up = torch.randn(4, 40, generator=draw), torch.randn(24, 4, generator=draw)
    (folder / "lora").mkdir()
    prefix = "base_model.model.layers.0.self_attn.q_proj"
    factors = {f"{prefix}.lora_A.weight": down, f"{prefix}.lora_B.weight": up}
    save_file(factors, "lora/adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 4, "lora_alpha": 6}
    (folder / "lora/adapter_config.json").write_text(json.dumps(config))
    save_file({"layers.0.self_attn.q_proj.weight": weight}, "base.safetensors")
    return weight.double(), 1.5 * up.double() @ down.double()


def test_an_adapter_alone_has_rows_of_its_change(adapter):
    _, change = adapter
    status, rows = rows_of("lora/adapter_model.safetensors")
    (row,) = [row for row in rows if row["role"]]
    assert (status, row["stage"], row["role"], row["matrix_rank"]) == (0, "delta", "q", 4)
    np.testing.assert_allclose(row["norm"], float((change**2).sum()), rtol=1e-6)
    factors = [row["parameter"] for row in rows if row["status"] == "skipped"]
    assert [name.rpartition("lora_")[2] for name in factors] == ["A.weight", "B.weight"]


def test_an_adapter_and_its_base_have_rows_of_the_sum_too(adapter):
    weight, change = adapter
    status, rows = rows_of("lora/adapter_model.safetensors", "--base", "base.safetensors")
    norms = {row["stage"]: row["norm"] for row in rows if row["role"]}
    assert status == 0
    np.testing.assert_allclose(norms["delta"], float((change**2).sum()), rtol=1e-6)
    np.testing.assert_allclose(norms["finetuned"], float(((weight + change) ** 2).sum()), rtol=1e-6)


def test_rows_say_the_revision_and_the_hash_of_a_file_of_the_hub(folder):
    commit, digest = "0123456789" * 4, hashlib.sha256(b"of the hub's choice").hexdigest()
    cache = folder / "models--org--net"
    for part in ("blobs", f"snapshots/{commit}"):
        (cache / part).mkdir(parents=True)
    save_file(sound(), cache / "blobs" / digest)
    link = cache / "snapshots" / commit / "model.safetensors"
    link.symlink_to(f"../../blobs/{digest}")
    _, (row, other) = rows_of(link, "m.safetensors")
    assert (row["revision"], row["sha256"]) == (commit, digest)
    assert (other["revision"], other["sha256"]) == ("", "")


def test_a_base_costs_no_eigenvalues_of_its_own_where_cheap_is_asked_for(monkeypatch):
    save_file(sound(1), "base.safetensors")
    starts = []
    analyse = analysis.analyse

    def watched(values, kind, options, seed, start, rounding):
        starts.append(start)
        return analyse(values, kind, options, seed, start, rounding)

    monkeypatch.setattr(analysis, "analyse", watched)
    _, rows = rows_of("m.safetensors", "--base", "base.safetensors")
    assert starts == [None, None]
    assert [row["status"] for row in rows] == ["ok", "ok"]


@pytest.fixture
def broken(monkeypatch):
    """Let a checkpoint have tensors that raise whatever can be raised when they are read."""
    errors = {
        "a.weight": ValueError("the checksum is wrong"),
        "b.weight": RecursionError("too deep"),
        "c.weight": MemoryError(),
        "d.weight": OSError("the drive is gone"),
    }
    values = sound()["fc.weight"].numpy()

    def fail(error):
        raise error

    parameters = {
        name: Tensor(values.shape, "float32", lambda error=error: fail(error))
        for name, error in errors.items()
    } | {"fc.weight": Tensor(values.shape, "float32", lambda: values)}
    name = "weightscape.files.analyse.open_checkpoints"
    monkeypatch.setattr(name, lambda path: [Checkpoint(path, parameters)])


@pytest.mark.usefixtures("broken")
def test_a_tensor_that_cannot_be_read_is_a_row_and_the_others_stay():
    status, rows = rows_of("m.safetensors")
    assert status == 1
    found = {row["parameter"]: (row["status"], row["reason"]) for row in rows}
    assert found == {
        "a.weight": ("failed", "ValueError: the checksum is wrong"),
        "b.weight": ("failed", "RecursionError: too deep"),
        "c.weight": ("failed", "there is not enough memory to read it"),
        "d.weight": ("failed", "it cannot be read: the drive is gone"),
        "fc.weight": ("ok", ""),
    }


def test_an_analysis_that_raises_is_a_row_and_the_others_stay(monkeypatch):
    save_file(sound(**{"a.weight": torch.ones(9, 9)}), "two.safetensors")
    analyse = analysis.analyse

    def fail_on_ones(values, *others):
        if (values == 1).all():
            raise ZeroDivisionError("division by zero")
        return analyse(values, *others)

    monkeypatch.setattr(analysis, "analyse", fail_on_ones)
    status, rows = rows_of("two.safetensors")
    assert status == 1
    assert {row["layer"]: row["reason"] for row in rows} == {
        "a": "ZeroDivisionError: division by zero", "fc": ""
    }  # fmt: skip


def test_a_checkpoint_that_cannot_be_told_is_a_row_and_the_others_stay(monkeypatch):
    save_file(sound(), "other.safetensors")

    def resolve(checkpoint):
        if checkpoint.name == "m.safetensors":
            raise KeyError("lora_alpha")
        return checkpoint

    monkeypatch.setattr("weightscape.files.analyse.resolve", resolve)
    status, rows = rows_of("m.safetensors", "other.safetensors")
    assert status == 1
    assert [(row["checkpoint"], row["status"]) for row in rows] == [
        ("m.safetensors", "failed"), ("other.safetensors", "ok")
    ]  # fmt: skip
    assert rows[0]["reason"] == "KeyError: 'lora_alpha'"


def test_names_may_hold_anything(capsys):
    names = ["a\nb", "😀", "../../etc/passwd", "n" * 10_240, "\x1b[31mred", "\x00", "\u202eabc", ""]
    weights = {f"{name}.weight": torch.randn(12, 12) for name in [*names, "\ud800"]}
    path = os.fsdecode(b"odd\n\xff.pt")
    torch.save(weights, path)
    status, rows = rows_of(path)
    assert status == 0
    assert {row["parameter"] for row in rows} == {f"{name}.weight" for name in [*names, r"\ud800"]}
    assert {row["checkpoint"] for row in rows} == {"odd\n\\udcff.pt"}
    out = capsys.readouterr().out
    assert out.startswith(r"odd\n\udcff.pt: 9 ok, 0 partial, 0 failed")
    assert all(len(line) < 1100 and line.isprintable() for line in out.splitlines())


def test_a_table_is_not_written_under_a_name_that_readers_cannot_open(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["spectra", "m.safetensors", "-o", os.fsdecode(b"\xff.parquet")])
    assert stopped.value.code == 2
    assert "names in UTF-8 alone" in capsys.readouterr().err


def test_rows_that_are_neither_printed_nor_kept_are_lost(folder):
    command = [sys.executable, "-m", "weightscape.cli", "spectra", "m.safetensors", "--cheap"]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "the rows cannot be printed: No space left on device; -o keeps them\n"
    assert (ended.returncode, ended.stderr) == (1, said)
    with open("/dev/full", "w") as full:
        assert subprocess.run([*command, "-o", "t.parquet"], stdout=full).returncode == 0


def test_ctrl_c_while_the_command_loads_says_nothing(monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("weightscape.engine.digest.code_digest", interrupt)
    assert main(["spectra", "m.safetensors", "-o", "t.parquet"]) == 130


def test_a_closed_pipe_does_not_keep_the_table_from_being_written(folder):
    command = f"{sys.executable} -m weightscape.cli spectra m.safetensors --cheap -o t.parquet"
    done = subprocess.run(f"{command} | true", shell=True, capture_output=True, check=True)
    assert done.stderr == b""
    assert (folder / "t.parquet").exists()
