"""Bad input through the real Snakemake: one message, no traceback, nothing outside results/."""

import subprocess
from contextlib import contextmanager

import pytest
import yaml

from tests.helpers.driving import NANO, snakemake
from tests.helpers.mutations import mutations
from weightscape.study.load import ConfigError, load_study

pytestmark = pytest.mark.slow


def _verdict(values):
    try:
        load_study(values)
    except ConfigError as error:
        return str(error).removeprefix("config: ")
    return ""


# Those of checkpoints that do not exist end with Snakemake's word on missing files.
READ = [
    (mutation, _verdict(mutation.values))
    for mutation in mutations(300)
    if "checkpoints" not in mutation.keys
]
ACCEPTED = [mutation for mutation, verdict in READ if not verdict][:7]
REFUSED = [(mutation, verdict) for mutation, verdict in READ if verdict][::19][:13]


def dry_run(folder, values):
    study = folder / "study.yaml"
    study.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    (folder / "mine.safetensors").write_bytes(b"")
    run = snakemake(folder, "--dry-run", config=study)
    found = {path.name for path in folder.iterdir()}
    assert found <= {"study.yaml", "mine.safetensors", "results", ".snakemake"}
    assert "Traceback" not in run.stdout
    return run


@pytest.mark.parametrize("mutation", ACCEPTED, ids=lambda mutation: mutation.what[:60])
def test_a_study_that_is_accepted_is_planned(tmp_path, mutation):
    run = dry_run(tmp_path, mutation.values)
    assert run.returncode == 0, run.stdout[-3000:]
    assert "Job stats:" in run.stdout


@pytest.mark.parametrize(
    ("mutation", "message"), REFUSED, ids=[mutation.what[:60] for mutation, _ in REFUSED]
)
def test_a_study_that_is_refused_ends_with_its_message(tmp_path, mutation, message):
    run = dry_run(tmp_path, mutation.values)
    assert run.returncode == 1
    assert run.stdout.count(f"study.yaml: {message}") == 1
    assert "Building DAG" not in run.stdout


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "keys at top level"),
        ("- a\n", "keys at top level"),
        ("study: \x07\n", "not valid JSON or YAML"),
        ("study: a\nstudy: b\n", "'study' stands in line 1 and again in line 2"),
        ("study: &a [*a]\n", "study: Input should be a valid string"),
    ],
)
def test_a_file_that_is_no_study_is_refused(tmp_path, text, word):
    study = tmp_path / "study.yaml"
    study.write_text(text, encoding="utf-8")
    run = snakemake(tmp_path, "--dry-run", config=study)
    assert run.returncode == 1
    assert word in run.stdout
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize("kind", ["missing", "a folder", "a loop"])
def test_a_study_file_that_cannot_be_read_ends_with_its_name(tmp_path, kind):
    study = tmp_path / "study.yaml"
    if kind == "a folder":
        study.mkdir()
    if kind == "a loop":
        study.symlink_to(study)
    run = snakemake(tmp_path, "--dry-run", config=study)
    assert run.returncode == 1
    # Snakemake reads the file before the Snakefile is there to say more.
    assert str(study) in run.stdout.strip().splitlines()[-1]


def test_a_data_folder_that_is_a_loop_of_links_is_refused(tmp_path):
    loop = tmp_path / "data"
    loop.symlink_to(loop)
    run = snakemake(tmp_path, "--dry-run", "--config", f"data_root={loop}")
    assert run.returncode == 1
    assert "data_root: " in run.stdout and "Too many levels of symbolic links" in run.stdout
    assert "Traceback" not in run.stdout


@contextmanager
def read_only(folder):
    """Mount an empty file system over `folder` that nobody may write to, root included."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def test_results_that_cannot_be_written_are_named(tmp_path):
    with read_only(tmp_path / "results"):
        run = snakemake(tmp_path, config=NANO)
        assert run.returncode == 1
        assert "Read-only file system: 'results/nano'" in run.stdout
        assert "Traceback" not in run.stdout
