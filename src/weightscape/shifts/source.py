"""What shifted test sets are made from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weightscape.data.labelled import Labelled


@dataclass(frozen=True, eq=False)
class Source:
    """What a shift may use.

    Attributes
    ----------
    test : Labelled
        The test images.
    elsewhere : Labelled or None
        The dataset's images of domains that are not trained on; None where there are none.
    data_root : Path
        The folder of downloads.
    """

    test: Labelled
    elsewhere: Labelled | None = None
    data_root: Path = Path("results/data")
