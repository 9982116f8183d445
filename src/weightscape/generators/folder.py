"""Images that somebody else has generated: a folder with a folder of PNG or JPEG per class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from weightscape.config.generator import Generator
from weightscape.data._tree import list_tree

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples
    from weightscape.generators.model import Draw, Model, Setting

SUFFIXES = (".png", ".jpg", ".jpeg")


class Folder(Generator):
    """Images that lie in a folder."""

    learns: ClassVar[bool] = False

    path: str = Field(
        description="Folder that holds a folder for every class, named like it, with PNG or JPEG"
        " images, which are taken in the order of their names; hidden files are left out.",
    )

    def fit(self, train: Examples, setting: Setting) -> Model:
        """Look through the folder; nothing is trained.

        Returns
        -------
        Model
            Without arrays; the facts are the listing's digest and the number of images by class.

        Raises
        ------
        ValueError
            If the folder does not hold a folder with images for every class, or holds another one.
        """
        from weightscape.generators.model import Model

        path = Path(self.path)
        if not path.is_dir():
            raise ValueError(f"path: there is no folder {self.path!r} here ({Path.cwd()})")
        for entry in sorted(path.iterdir()):
            hidden = entry.name.startswith(".")
            if entry.is_dir() and not hidden and entry.name not in train.classes:
                raise ValueError(
                    f"{entry} is no class of the training images; they are "
                    f"{', '.join(train.classes)}"
                )
        counts = {name: len(_images(path / name)) for name in train.classes}
        for name, count in counts.items():
            if count == 0:
                raise ValueError(
                    f"{path / name}: there are no PNG or JPEG images of class {name!r}"
                )
        return Model({}, {"listing": self.listing(), "images": counts})

    def sampler(self, model: Model, setting: Setting) -> Draw:
        """Return what reads the images of a class, in the order of their names.

        They are resized to the training images' height and width, and become grey or coloured as
        those are.

        Raises
        ------
        ValueError
            If the folder has changed since `fit`. When images are drawn: if there are not as many,
            or a file cannot be read.
        """
        import numpy as np

        if self.listing() != model.facts["listing"]:
            raise ValueError(f"{self.path} has changed since this job was planned; run again")
        folders = [Path(self.path, name) for name in setting.classes]
        files = [_images(folder) for folder in folders]

        def draw(label: int, indices: range) -> npt.NDArray[np.uint8]:
            if indices.stop > len(files[label]):
                raise ValueError(
                    f"{folders[label]} holds {len(files[label])} images, and {indices.stop} at "
                    "least are wanted; add some, or lower the ratio"
                )
            return np.stack([_read(files[label][index], setting.shape) for index in indices])

        return draw

    def listing(self) -> str:
        """Return what changes with the images in the folder; raise where there is none."""
        return list_tree(Path(self.path))


def _images(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )


def _read(file: Path, shape: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    from PIL import Image

    from weightscape.data._pixels import convert_pixels

    try:
        with Image.open(file) as image:
            return convert_pixels(image, shape)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} cannot be used as an image: {error}") from error
