"""What is declared of a quantity, beside what computes it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A quantity that tables hold, conditions are compared by, and pages name.

    Attributes
    ----------
    name : str
        Its column, or its value in the column `metric` of a long table.
    description : str
        What it is, in a sentence.
    unit : str
        Its unit; empty where it is a pure number.
    source : str
        The publication or software that defines it; empty where the description does.
    label : str
        Words or mathtext for axes and tables; its name with spaces where empty.
    better : {"", "higher", "lower"}
        Which way is better; empty where neither is.
    of_tail : bool
        Whether it is of the power-law tail, and says little where the tail is short.
    compared : bool
        Whether studies may compare conditions by it and make claims on it. Of a column of the
        spectra: whether it means the same in every layer, so that its mean has a meaning.
    drawn : bool
        Whether a picture of a spectrum shows it.
    type : {"real", "count", "truth", "text"}
        What its values are.
    nullable : bool
        Whether a value may be missing; the description says when it is.
    since_start : bool
        Whether it says how far a network has moved from its initial one, in which it is 0.
    chance : str
        Name of what it is by chance alone; empty where nothing says that.
    """

    name: str
    description: str
    unit: str = ""
    source: str = ""
    label: str = ""
    better: Literal["", "higher", "lower"] = ""
    of_tail: bool = False
    compared: bool = True
    drawn: bool = False
    type: Literal["real", "count", "truth", "text"] = "real"
    nullable: bool = True
    since_start: bool = False
    chance: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in ("real", "count")
