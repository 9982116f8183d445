"""One driver at a time."""

import os
import subprocess
import sys

import pytest

from weightscape.engine.driver import DriverAliveError, take

HOLD = """
import pathlib, sys
from weightscape.engine.driver import take
lock = take(pathlib.Path(sys.argv[1]))
print("held", flush=True)
input()
"""


def test_a_living_driver_is_named_and_a_killed_one_is_no_obstacle(tmp_path):
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DriverAliveError, match=str(holder.pid)):
            take(path)
        holder.kill()
    with take(path):
        assert path.read_text() == f"{os.getpid()}\n"
