"""What tells the runs of a study apart."""

from typing import NamedTuple


class RunId(NamedTuple):
    """The identity of a run: the columns that every table of runs has.

    Attributes
    ----------
    dataset, backbone, condition : str
        Names in the study.
    seed : int
        The replicate, from 1.
    """

    dataset: str
    backbone: str
    condition: str
    seed: int
