"""Where something is computed."""

from typing import NamedTuple


class Place(NamedTuple):
    """A device and threads; results differ between them in their last bits.

    Attributes
    ----------
    device : {"cpu", "cuda"}
        Where networks run.
    threads : int
        Threads of an operation on the CPU.
    """

    device: str = "cpu"
    threads: int = 1
