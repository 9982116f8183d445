"""Jobs of a driver that is gone."""

import subprocess
import sys
import time

import pytest

from weightscape.engine.orphans import end_orphans

WAIT = "import time\nprint('here', flush=True)\ntime.sleep(60)\n"


@pytest.fixture
def start(tmp_path):
    """Return a function that starts a process in a folder, and ends it after the test."""
    started = []

    def process(folder, script):
        file = tmp_path / folder / script
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WAIT)
        job = subprocess.Popen(
            [sys.executable, file], cwd=tmp_path / folder, stdout=subprocess.PIPE, text=True
        )
        assert job.stdout.readline() == "here\n"
        started.append(job)
        return job

    yield process
    for job in started:
        job.kill()
        job.communicate()


def test_jobs_of_this_folder_end_and_nothing_else(tmp_path, start):
    job = start("here", ".snakemake/scripts/tmp1.finetune.py")
    others = [start("here", "mine.py"), start("there", ".snakemake/scripts/tmp2.finetune.py")]
    began = time.monotonic()
    assert end_orphans(tmp_path / "here") == 1
    assert job.poll() is not None
    assert time.monotonic() - began < 10
    assert [other.poll() for other in others] == [None, None]
    assert end_orphans(tmp_path / "here") == 0
