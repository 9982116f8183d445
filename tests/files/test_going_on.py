"""Calls that end before their table is finished: what is kept, and how the next goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from errno import ENOSPC

import pytest
import torch
from safetensors.torch import save_file

from weightscape.cli import main
from weightscape.spectra import stream
from weightscape.tables import table

JOURNAL = "t.parquet.partial.jsonl"
OPTIONS = ("-o", "t.parquet", "--cheap", "--threads", 1)
SMALL, SLOW = 5, 4  # layers


def start(folder, *arguments, **options):
    """Start the command in `folder`."""
    return subprocess.Popen(
        [sys.executable, "-m", "weightscape.cli", "spectra", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        **options,
    )


def finish(process):
    """Return the exit status and what was written to both outputs."""
    out, err = process.communicate()
    assert "Traceback" not in err
    return process.returncode, out, err


def kept(folder):
    """Return the layers whose rows are whole in the journal."""
    path = folder / JOURNAL
    lines = path.read_bytes().split(b"\n")[1:-1] if path.exists() else []
    return [json.loads(line)["layer"] for line in lines]


def wait_for_rows(folder, process, count):
    """Wait until the journal has as many rows."""
    while len(kept(folder)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    """Return a folder with a file whose first layers are quick and others slow, and its rows."""
    folder = tmp_path_factory.mktemp("checkpoints")
    draw = torch.Generator().manual_seed(0)
    sides = [48] * SMALL + [1400] * SLOW
    state = {
        f"layers.{index}.mlp.fc1.weight": torch.randn(side, side, generator=draw)
        for index, side in enumerate(sides)
    }
    save_file(state | {"norm.bias": torch.ones(3)}, folder / "m.safetensors")
    code, out, err = finish(start(folder, "m.safetensors", *OPTIONS))
    assert (code, err) == (0, ""), out
    assert [path.name for path in folder.glob("t.parquet*")] == ["t.parquet"]
    return folder, table.read(folder / "t.parquet").to_pylist()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGKILL, -9)],
    ids=["ctrl-c", "killed"],
)
def test_finished_layers_are_kept_and_the_same_call_goes_on(checkpoints, tmp_path, number, status):
    folder, rows = checkpoints
    os.link(folder / "m.safetensors", tmp_path / "m.safetensors")
    process = start(tmp_path, "m.safetensors", *OPTIONS)
    wait_for_rows(tmp_path, process, SMALL)
    process.send_signal(number)
    stopped = time.perf_counter()
    code, out, err = finish(process)
    assert time.perf_counter() - stopped < 5
    assert code == status
    before = kept(tmp_path)
    assert SMALL <= len(before) < SMALL + SLOW
    assert before == [row["layer"] for row in rows][: len(before)]
    assert not (tmp_path / "t.parquet").exists()
    if number != signal.SIGKILL:
        assert f"m.safetensors: {len(before)} ok, 0 partial, 0 failed" in out
        assert err == (
            f"stopped; {len(before)} rows are kept in {JOURNAL}, and the same command goes on\n"
        )
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"layer": "half of a row')
    code, out, err = finish(start(tmp_path, "m.safetensors", *OPTIONS))
    assert (code, err) == (0, "")
    assert out.startswith(f"going on: {len(before)} rows of an earlier call are kept\n")
    assert table.read(tmp_path / "t.parquet").to_pylist() == rows
    assert not (tmp_path / JOURNAL).exists()


def fill_disk(monkeypatch):
    """Let the table not be written, as on a full disk."""

    def write(*_arguments):
        raise OSError(ENOSPC, os.strerror(ENOSPC))

    monkeypatch.setattr(table, "write", write)


def write_small(folder):
    """Write two files of one layer."""
    state = {"fc.weight": torch.randn(24, 40, generator=torch.Generator().manual_seed(0))}
    for name in ("m", "base"):
        save_file(state, folder / f"{name}.safetensors")


def test_on_a_full_disk_the_rows_are_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path)
    with monkeypatch.context() as full:
        fill_disk(full)
        assert main(["spectra", "m.safetensors", "-o", "t.parquet", "--cheap"]) == 1
    assert capsys.readouterr().err == (
        "t.parquet: cannot be written: No space left on device; "
        f"1 rows are kept in {JOURNAL}, and the same command goes on\n"
    )
    monkeypatch.setattr(stream, "analyse", lambda *_: pytest.fail("a layer is analysed again"))
    assert main(["spectra", "m.safetensors", "-o", "t.parquet", "--cheap"]) == 0
    assert table.read("t.parquet").num_rows == 1
    assert not os.path.exists(JOURNAL)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: ["--form", "pooled"], "differs in its options"),
        (lambda: os.utime("m.safetensors", ns=(0, 0)) or [], "differs in its files"),
        (lambda: ["--base", "base.safetensors"], "differs in its base"),
    ],
    ids=["options", "edited", "base"],
)
def test_rows_of_another_call_are_not_taken(tmp_path, monkeypatch, capsys, change, said):
    monkeypatch.chdir(tmp_path)
    write_small(tmp_path)
    arguments = ["spectra", "m.safetensors", "-o", "t.parquet", "--cheap"]
    with monkeypatch.context() as full:
        fill_disk(full)
        main(arguments)
    capsys.readouterr()
    assert main(arguments + change()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"{JOURNAL}: holds 1 rows of a call that {said}; repeat that call" in err
    assert err.count("\n") == 1
    assert kept(tmp_path) == ["fc"]


def test_without_a_table_what_is_finished_is_printed(checkpoints, tmp_path):
    folder, _ = checkpoints
    write_small(tmp_path)
    process = start(tmp_path, "base.safetensors", folder / "m.safetensors", "--threads", 1)
    first = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    code, _, err = finish(process)
    assert first.startswith("base.safetensors: 1 ok, 0 partial, 0 failed")
    assert code == 143
    assert err == "stopped; what is finished is printed above; with -o the same command can go on\n"
