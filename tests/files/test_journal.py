"""Rows kept beside an unfinished table."""

import numpy as np
import pytest

from weightscape.files.journal import JournalError, journal_path, key_of, open_journal

CALL = {"files": [["m.pt", [["m.pt", 10, 7]]]], "options": {"bootstrap": 0}}


def row(layer, status="ok", **columns):
    about = dict.fromkeys(("checkpoint", "weight_set", "revision", "sha256", "stage", "form"), "")
    return about | {
        "parameter": f"{layer}.weight", "layer": layer, "role": "other", "status": status
    } | columns  # fmt: skip


def test_rows_are_there_again_for_the_same_call(tmp_path):
    rows = [row("a", alpha=np.float64(0.1) + 0.2, N=np.int64(5), heavy=np.bool_(True)),
            row("b\n\N{GRINNING FACE}", alpha=None)]  # fmt: skip
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert journal.found == {}
        for each in rows:
            journal.add(each)
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert journal.found == {key_of(each): each for each in rows}
        journal.add(rows[0])
        assert journal.count == 2


def test_what_failed_is_tried_again(tmp_path):
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        journal.add(row("a", status="failed"))
        journal.add(row("", role="", status="failed"))
        journal.add(row("b", status="partial"))
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert [each["layer"] for each in journal.found.values()] == ["b"]


@pytest.mark.parametrize("lost", [1, 10, 60])
def test_a_line_that_was_being_written_is_cut_off(tmp_path, lost):
    path = journal_path(tmp_path / "t.parquet")
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        for name in "abc":
            journal.add(row(name))
    path.write_bytes(path.read_bytes()[:-lost])
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert [each["layer"] for each in journal.found.values()] == ["a", "b"]
        journal.add(row("d"))
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert [each["layer"] for each in journal.found.values()] == ["a", "b", "d"]


def test_rows_of_another_call_are_neither_taken_nor_lost(tmp_path):
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        journal.add(row("a"))
    other = CALL | {"options": {"bootstrap": 40}}
    with pytest.raises(JournalError, match="1 rows of a call that differs in its options"):
        open_journal(tmp_path / "t.parquet", other).__enter__()
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert journal.count == 1


def test_without_rows_another_call_takes_the_place(tmp_path):
    path = journal_path(tmp_path / "t.parquet")
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        kept = path.read_bytes()
    assert not path.exists()
    path.write_bytes(kept)
    with open_journal(tmp_path / "t.parquet", {"options": 1}) as journal:
        journal.add(row("a"))
    with open_journal(tmp_path / "t.parquet", {"options": 1}) as journal:
        assert journal.count == 1


def test_two_calls_do_not_write_to_one_table(tmp_path):
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        with pytest.raises(JournalError, match="another process writes to it"):
            open_journal(tmp_path / "t.parquet", CALL).__enter__()
        journal.add(row("a"))


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path):
    path = journal_path(tmp_path / "t.parquet")
    path.write_text("a diary\n")
    with pytest.raises(JournalError, match="move it away"):
        open_journal(tmp_path / "t.parquet", CALL).__enter__()
    assert path.read_text() == "a diary\n"


class Full:
    """A file on a disk that has room for nine more bytes."""

    def __init__(self, file):
        self.file = file

    def write(self, line):
        return self.file.write(line[:9])


def test_a_full_disk_raises_and_what_is_there_stays(tmp_path, monkeypatch):
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        journal.add(row("a"))
        monkeypatch.setattr(journal, "_file", Full(journal._file))
        with pytest.raises(OSError, match="No space left"):
            journal.add(row("b"))
    with open_journal(tmp_path / "t.parquet", CALL) as journal:
        assert [each["layer"] for each in journal.found.values()] == ["a"]
