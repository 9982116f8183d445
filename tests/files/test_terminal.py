"""Lines on a terminal, whatever a name holds."""

import os
import subprocess
import sys

import pytest

from weightscape.files.terminal import LONGEST, encodable, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("models/layer.0é 層 😀", "models/layer.0é 層 😀"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred\x00", r"\x1b[31mred\x00"),
        ("\u202eabc", r"\u202eabc"),
        (os.fsdecode(b"\xff.pt"), r"\udcff.pt"),
    ],
)
def test_one_line_is_one_line(text, shown):
    assert printable(text) == shown
    encodable(text).encode("utf-8")


def test_the_middle_of_a_long_line_is_left_out():
    shown = printable("a" * 10_000 + "z" * 10_000)
    assert len(shown) <= LONGEST + 3
    assert (shown[0], shown[-1]) == ("a", "z")


def test_text_that_utf_8_can_write_stays():
    assert encodable("a\nb\x00é😀") == "a\nb\x00é😀"


@pytest.mark.parametrize("end", ["ascii", "closed"])
def test_what_cannot_be_written_does_not_end_the_work(end):
    code = "from weightscape.files.terminal import say; say('é😀'); say('b'); print('on')"
    started = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | ({"PYTHONIOENCODING": "ascii"} if end == "ascii" else {}),
    )
    if end == "closed":
        started.stdout.close()
        started.stdout = None
    out, err = started.communicate()
    assert (started.returncode, err) == (0, b"")
    assert end == "closed" or out == b"\\xe9\\U0001f600\nb\non\n"
