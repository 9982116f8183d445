"""Bars on a terminal, and what they count."""

import io

import pytest
import torch
from torch import nn

from weightscape.checkpoints.find import open_checkpoint
from weightscape.config.spectra import CHEAP
from weightscape.files.analyse import analyse_parts
from weightscape.files.options import Options
from weightscape.files.progress import show, show_whole, work_of
from weightscape.files.sources import find_sources


class Terminal(io.StringIO):
    """What a terminal is sent."""

    def isatty(self):
        return True


@pytest.fixture
def part(tmp_path):
    """Return the part of a table on two layers, one of them in two forms, and on their change."""
    network = nn.Sequential(nn.Conv2d(4, 16, 3), nn.Linear(16, 9))
    torch.save(network.state_dict(), tmp_path / "m.pt")
    name = str(tmp_path / "m.pt")
    (part,) = analyse_parts(find_sources([name]), open_checkpoint(name), Options(CHEAP))
    return part


def test_the_work_is_that_of_all_rows(part):
    steps = [work_of(row["rf"], row["M"], row["N"]) for row in part.rows if row["role"]]
    assert len(steps) == 6
    assert part.work == sum(steps)


def test_a_bar_says_how_long_it_takes_and_is_gone_at_the_end(part, monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with show_whole(part.size, 2) as whole:
        rows = list(show(part.name, part.work, part.rows, whole, part.size))
        assert len(rows) == 8
        assert whole.n == pytest.approx(part.size)
    written = terminal.getvalue()
    assert "m.pt:   0%" in written
    assert "all:   0%" in written
    assert written.count(" left") >= 2
    assert written.rstrip("\x1b[A").endswith("\r")


def test_where_no_terminal_is_there_is_no_bar(part, monkeypatch):
    monkeypatch.setattr("sys.stderr", nobody := io.StringIO())
    with show_whole(part.size, 2) as whole:
        list(show(part.name, part.work, part.rows, whole, part.size))
    assert nobody.getvalue() == ""
