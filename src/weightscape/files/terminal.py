"""What is written to a terminal: one line is one line, whatever a name in it holds."""

import os
import sys

LONGEST = 1000
"""Characters of a line; of a longer one the middle is left out."""

_lost: list[OSError] = []


def printable(text: str, longest: int = LONGEST) -> str:
    """Return `text` on one line of printable characters.

    Control characters, line breaks, marks of direction and halves of surrogate pairs are written
    as Python escapes them: names in a file may hold anything, and a terminal acts on some of it.
    """
    if len(text) > longest:
        half = longest // 2
        text = f"{text[:half]} … {text[-half:]}"
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def encodable(text: str) -> str:
    """Return `text` with halves of surrogate pairs escaped: all that UTF-8 cannot write."""
    return text.encode("utf-8", "backslashreplace").decode()


def say(text: str, error: bool = False) -> None:
    """Write lines to the standard output or error, at once.

    What its encoding lacks is escaped. Where nobody reads on (``| head``) or its disk is full, the
    rest is not said, and the work goes on: its table is worth more.
    """
    stream = sys.stderr if error else sys.stdout
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError as fault:
        _lost.append(fault)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def why_lost() -> str:
    """Say why lines of `say` since the last call are lost; nothing where nobody reads on."""
    reasons = [str(e.strerror or e) for e in _lost if not isinstance(e, BrokenPipeError)]
    _lost.clear()
    return reasons[0] if reasons else ""
