"""`weightscape job` and `weightscape verify` on a study that Snakemake has made."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.helpers.driving import NANO, SNAKEFILE
from weightscape.content import content_digest

pytestmark = pytest.mark.slow

STUDY = ("--snakefile", SNAKEFILE, "--configfile", NANO)
CLAIMS = "results/nano/tables/claims.parquet"


@pytest.fixture
def finished(nano, tmp_path):
    """Return a copy of the finished nano study, as links; files are replaced, never changed."""
    for name in ("results", ".snakemake"):
        shutil.copytree(nano / name, tmp_path / name, copy_function=os.link)
    return tmp_path


def weightscape(folder, *arguments):
    """Run the command in a folder; return the finished process."""
    return subprocess.run(
        [sys.executable, "-m", "weightscape.cli", *map(str, arguments)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_job_by_hand_makes_the_file_that_snakemake_has_made(finished, nano):
    (finished / CLAIMS).unlink()
    done = weightscape(finished, "job", CLAIMS, *STUDY)
    assert done.returncode == 0, done.stderr
    assert "test the claims\n  script " in done.stdout
    assert content_digest(finished / CLAIMS) == content_digest(nano / CLAIMS)
    assert weightscape(finished, "verify", *STUDY).returncode == 0


@pytest.mark.parametrize(
    "file",
    [
        "results/nano/data/digits/shifts/contrast.safetensors",
        "results/nano/runs/digits/tiny/baseline/seed-1/history.parquet",
        "results/nano/runs/digits/tiny/baseline/seed-1/predictions.parquet",
        "results/nano/figures/family_bars.parquet",
    ],
)
def test_scripts_of_all_stages_run_by_hand(finished, nano, file):
    done = weightscape(finished, "job", file, *STUDY)
    assert done.returncode == 0, done.stderr
    assert (finished / file).stat().st_ino != (nano / file).stat().st_ino
    assert content_digest(finished / file) == content_digest(nano / file)


def test_what_a_job_needs_is_named_where_it_is_missing(finished):
    (finished / "results/nano/tables/runs.parquet").unlink()
    done = weightscape(finished, "job", CLAIMS, *STUDY)
    assert done.returncode == 1
    assert "needs what is not there: results/nano/tables/runs.parquet" in done.stderr


def test_a_study_that_has_stopped_half_way_is_verified(finished):
    shutil.rmtree(finished / "results/nano/tables")
    (finished / "results/nano/manifest.json").unlink()
    done = weightscape(finished, "verify", *STUDY)
    assert done.returncode == 1
    assert f"{CLAIMS} is missing" in done.stdout
    assert "runs/digits" not in done.stdout
    assert f"--configfile {NANO} --forcerun results/" in done.stdout
