"""The command in a process of its own, as a user runs it."""

import os
import subprocess
import sys

import pytest
from safetensors.torch import save_file

from tests.helpers.bad_checkpoints import SOUND, sound, write_bad_folder
from weightscape.spectra.checkpoint_table import SCHEMA
from weightscape.tables import table


def weightscape(*arguments, folder=None):
    """Run the command where no network is; return the finished process."""
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "TORCH_HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "weightscape.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | offline | {"OMP_NUM_THREADS": "1"},
    )


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """Return the outcome of the command on a folder with one bad file of every kind."""
    folder = tmp_path_factory.mktemp("checkpoints")
    (folder / "files").mkdir()
    expected = write_bad_folder(folder / "files")
    done = weightscape("spectra", "files", "-o", "out/table.parquet", "--threads", 1, folder=folder)
    return expected, done, table.read(folder / "out/table.parquet")


def test_bad_files_end_in_status_1_and_a_whole_table(bad):
    _, done, rows = bad
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert table.validate(rows, SCHEMA).num_rows > 30


def test_every_bad_file_and_layer_has_its_reason(bad):
    expected, _, rows = bad
    found = {}
    for row in rows.to_pylist():
        name = row["checkpoint"].removeprefix("files/")
        found.setdefault((name, row["parameter"]), []).append((row["status"], row["reason"]))
    for key, (status, reason) in expected.items():
        ((found_status, found_reason),) = found.pop(key)
        assert (found_status, reason in found_reason) == (status, True), (key, found_reason)
    shards = found.pop(("shards/model.safetensors.index.json", ""))
    assert [status for status, _ in shards] == ["failed"] * 3
    expected = (
        "lacks 1 parameters, the first gone.weight",
        "model-2.safetensors: is of no format",
        "model-3.safetensors: is missing",
    )
    for part in expected:
        assert any(part in reason for _, reason in shards)
    # What is left is sound.
    assert set(found) == {
        (name, "fc.weight")
        for name in [*SOUND, "layers.safetensors", "shards/model.safetensors.index.json"]
    }
    assert all(status == [("ok", "")] for status in found.values())


def test_the_terminal_names_every_bad_file(bad):
    expected, done, _ = bad
    for name, parameter in expected:
        assert f"files/{name}" in done.stdout if not parameter else parameter[0] in done.stdout
    assert "16 of 40 rows failed" in done.stdout
    assert "table: out/table.parquet" in done.stdout


def test_sound_files_end_in_status_0(tmp_path):
    save_file(sound(0), tmp_path / "base.safetensors")
    save_file(sound(1), tmp_path / "tuned.safetensors")
    done = weightscape(
        "spectra", "tuned.safetensors", "--base", "base.safetensors", "-o", "t.parquet",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = table.read(tmp_path / "t.parquet").to_pylist()
    assert [(row["stage"], row["status"]) for row in rows] == [("finetuned", "ok"), ("delta", "ok")]
    assert "change from the base" in done.stdout
    assert table.provenance_of(tmp_path / "t.parquet")["options"]["base"] == "base.safetensors"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["spectra", "nowhere.pt"], 1, "nowhere.pt: there is no such file"),
        (["spectra", "m.pt", "--base", "nowhere.pt"], 1, "--base nowhere.pt: there is no such"),
        (["spectra", "m.pt", "-o", "t.csv"], 2, "end its name in .parquet"),
        (["spectra", "m.pt", "--threads", "0"], 2, "a number of cores is 1 or more"),
        (["spectra"], 2, "the following arguments are required: PATH"),
        (["spectra", "timm:resnet18.a1_in1k"], 1, "connect to the network once, or give a file"),
    ],
)
def test_mistakes_end_in_one_message(tmp_path, arguments, status, message):
    done = weightscape(*arguments, folder=tmp_path)
    assert done.returncode == status
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "shown"),
    [("schema", '"conditions"'), ("dictionary", "`accuracy`"), ("catalogue", "trivial_augment")],
)
def test_what_there_is_is_printed(command, shown):
    done = weightscape(command)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


@pytest.mark.parametrize("arguments", [["verify"], ["job", "results/mine/report.html"]])
def test_a_folder_without_a_workflow_ends_in_one_message(tmp_path, arguments):
    done = weightscape(*arguments, folder=tmp_path)
    assert done.returncode == 1
    assert "Snakefile" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_safetensors_are_analysed_without_torch(tmp_path):
    save_file(sound(), tmp_path / "m.safetensors")
    code = (
        "import sys; from weightscape.cli import main; main(['spectra', 'm.safetensors']);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'timm', 'pandas', 'sklearn')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == 0
