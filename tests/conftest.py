"""A finished nano study, made once for all tests."""

import signal
import threading

import pytest
from filelock import FileLock

from tests.helpers.driving import snakemake

# A shell lets what it runs in the background ignore Ctrl-C, and so would what the tests start.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def nano(tmp_path_factory, worker_id):
    """Return the folder of a finished nano study, which all test processes share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "nano"
    said = folder / "stdout.txt"
    with FileLock(f"{folder}.lock"):
        if not said.exists():
            folder.mkdir(exist_ok=True)
            run = snakemake(folder)
            assert run.returncode == 0, run.stdout[-5000:]
            said.write_text(run.stdout)
    return folder
