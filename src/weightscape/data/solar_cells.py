"""Solar cells: 2,624 electroluminescence photographs of cells of two kinds, some of them defective.

The package ``elpv-dataset`` carries them; a folder ``solar_cells`` among the downloads, with the
package's ``labels.csv`` and ``images``, goes before it. They may be used but not redistributed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from pydantic import Field

from weightscape.config.credit import Credit
from weightscape.config.source import Side, Source
from weightscape.data._published import CHECKSUMS
from weightscape.packages import Package, check_files, check_sum, find_files

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples

PACKAGE = Package(
    name="elpv-dataset",
    version="1.0.0.post1",
    folder="elpv_dataset/data",
    sha256="427021a97765486f783c37a2efb9165283725428e96447cbb53ee033a058329f",
    license="CC-BY-NC-SA-4.0",
)

KINDS = ("mono", "poly")
"""The domains: monocrystalline and polycrystalline cells."""

CLASSES = ("functional", "defective")
SIDE = 300
"""Height and width of the pictures, in pixels."""


class Cell(NamedTuple):
    """A line of ``labels.csv``."""

    picture: str
    probability: float
    kind: str


class SolarCells(Source):
    """The cells, grey and of one size, in the order of ``labels.csv``.

    Classes are functional and defective, domains mono and poly.

    References
    ----------
    Buerhop-Lutz et al. (2018), DOI 10.4229/35thEUPVSEC20182018-5CV.3.15; Deitsch et al. (2019), DOI
    10.1016/j.solener.2019.02.067; Deitsch et al. (2021), DOI 10.1007/s00138-021-01191-9.
    """

    credit: ClassVar[Credit | None] = Credit(
        what="Photographs of solar cells",
        by="Buerhop-Lutz, Deitsch, Maier, Gallwitz, Berger, Doll, Hauch, Camus & Brabec (2018), A"
        " Benchmark for Visual Identification of Defective Solar Cells in Electroluminescence"
        " Imagery, EU PVSEC",
        doi="10.4229/35thEUPVSEC20182018-5CV.3.15",
        license="CC BY-NC-SA 4.0",
        caveat="The cells come from 44 modules, and the data set does not tell which of them come"
        " from one: cells of one module may be trained on and tested on, so that scores on the kind"
        " of cell that is trained on may be too good.",
    )
    is_fetched: ClassVar[bool] = True

    image_size: Side = Field(
        default=96,
        description="Height and width that pictures are brought to, in pixels; the source has 300.",
    )
    held_out: Literal["mono", "poly"] | None = Field(
        default=None,
        description="The kind of cell not to train on; both are trained on when missing.",
    )
    threshold: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Probability of a defect, as its annotators give it (0, 1/3, 2/3 or 1), from"
        " which on a cell counts as defective.",
    )
    checksums: bool = Field(default=True, description=CHECKSUMS)

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files: of a folder among the downloads, or else of the installed package.

        Raises
        ------
        FileNotFoundError, ValueError
            If neither is there, or the package's files are not the published ones.
        """
        folder = data_root / "solar_cells"
        if folder.is_dir():
            return [file for file in folder.rglob("*") if file.is_file()]
        return check_files(PACKAGE)

    def __call__(self, data_root: Path, seed: int) -> Examples | dict[str, Examples]:
        """Return the cells; nothing is random.

        Returns
        -------
        images : Examples or dict of str to Examples
            All of them; the parts ``train`` and ``elsewhere`` where a kind is held out.

        Raises
        ------
        FileNotFoundError
            If neither the package nor a folder is there, or a picture is missing.
        ValueError
            If a file is not the published one, a line of ``labels.csv`` cannot be understood, or a
            picture cannot be read or is not grey and 300 pixels high and wide.
        """
        import numpy as np

        from weightscape.data.examples import Examples

        folder = _folder(data_root, self.checksums)
        cells = read_labels(folder / "labels.csv")
        images = np.stack([_picture(folder / cell.picture, self.image_size) for cell in cells])
        whole = Examples(
            inputs=images,
            labels=np.array([cell.probability >= self.threshold for cell in cells], np.int64),
            classes=CLASSES,
            domains=np.array([KINDS.index(cell.kind) for cell in cells], np.int64),
            domain_names=KINDS,
        )
        if self.held_out is None:
            return whole
        held_out = whole.domains == KINDS.index(self.held_out)
        return {
            "train": whole.subset(np.flatnonzero(~held_out)),
            "elsewhere": whole.subset(np.flatnonzero(held_out)),
        }


def read_labels(file: Path) -> list[Cell]:
    """Return the lines of ``labels.csv``: picture, probability of a defect, kind of cell.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line cannot be understood, or a picture is there twice; the message has its number.
    """
    if not file.is_file():
        raise FileNotFoundError(f"{file} is missing; {PACKAGE.remedy}")
    cells: dict[str, Cell] = {}
    for number, line in enumerate(file.read_text("utf-8", errors="replace").splitlines(), start=1):
        where = f"{file}, line {number}"
        match line.split():
            case [picture, text, kind]:
                pass
            case _:
                raise ValueError(
                    f"{where}: {line[:80]!r} is not a picture, a probability and a kind of cell;"
                    f" correct it or {PACKAGE.remedy}"
                )
        # A name becomes a path: nothing may lead out of the folder.
        if not re.fullmatch(r"images/\w[\w.-]*", picture):
            raise ValueError(f"{where}: {picture!r} is not a picture in the folder images")
        try:
            probability = float(text)
        except ValueError:
            raise ValueError(f"{where}: {text!r} is not a probability") from None
        if not 0 <= probability <= 1:
            raise ValueError(f"{where}: the probability {text} is not in 0 to 1")
        if kind not in KINDS:
            raise ValueError(f"{where}: {kind!r} is not a kind of cell; there are mono and poly")
        if picture in cells:
            raise ValueError(f"{where}: {picture} has a line already; keep one")
        cells[picture] = Cell(picture, probability, kind)
    if not cells:
        raise ValueError(f"{file} is empty; {PACKAGE.remedy}")
    return list(cells.values())


def _folder(data_root: Path, checksums: bool) -> Path:
    """Return where ``labels.csv`` lies, its files and pictures checked where asked for."""
    folder = data_root / "solar_cells"
    if not folder.is_dir():
        files = (check_files if checksums else find_files)(PACKAGE)
        return next(file.parent for file in files if file.name == "labels.csv")
    if checksums:
        listed = [*sorted(folder.glob("images/*")), folder / "labels.csv"]
        check_sum([file for file in listed if file.is_file()], PACKAGE, str(folder))
    return folder


def _picture(file: Path, size: int) -> npt.NDArray[np.uint8]:
    """Return a picture as (1, size, size): bilinear, antialiased where it shrinks."""
    import numpy as np
    from PIL import Image

    if not file.is_file():
        raise FileNotFoundError(f"{file}, which labels.csv names, is missing; {PACKAGE.remedy}")
    try:
        with Image.open(file) as image:
            image.load()
    except Exception as error:  # whatever a decoder can raise
        raise ValueError(f"{file} cannot be read as an image: {error}; {PACKAGE.remedy}") from error
    if image.mode != "L" or image.size != (SIDE, SIDE):
        width, height = image.size
        raise ValueError(
            f"{file} is {width} x {height} pixels of mode {image.mode}, and pictures of solar cells"
            f" are {SIDE} x {SIDE} of 8-bit grey (mode L); convert it or {PACKAGE.remedy}"
        )
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))[None]
