"""A SLURM on this machine, where it can be had."""

import os
import shutil
import subprocess

import pytest

from tests.slurm.cluster import SCRIPT


@pytest.fixture(scope="session")
def slurm():
    """Start a SLURM of one node with two fake GPUs for the session, or skip and say why."""
    missing = [name for name in ("slurmctld", "slurmd", "munged") if not shutil.which(name)]
    if missing:
        pytest.skip(f"SLURM is not tested: no {', '.join(missing)} (slurm-wlm and munge) here")
    if os.geteuid() != 0:
        pytest.skip("SLURM is not tested: only root can start one")
    started = subprocess.run([SCRIPT, "start"], check=False, capture_output=True, text=True)
    if started.returncode == 3:
        pytest.skip(f"SLURM is not tested: {started.stderr.strip()}")
    assert started.returncode == 0, started.stderr
    yield
    subprocess.run([SCRIPT, "stop"], check=True)
