"""Images of a sampling that is under way, kept for the case that its process is killed."""

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt

from weightscape.generators.model import Draw
from weightscape.tensors import read_about, read_tensors, write_tensors


def folder_beside(output: str | Path) -> Path:
    """Return the folder for the chunks of `output`."""
    return Path(output).with_name(".sampling")


def keep_draws(draw: Draw, folder: Path, identity: str) -> Draw:
    """Return `draw` with a memory on disk.

    Parameters
    ----------
    draw : Draw
        Draws images.
    folder : Path
        What is drawn is written here, a safetensors file for every call, and read again when the
        same is asked for.
    identity : str
        What draws, and how: a file of another identity, or one that cannot be read, is written
        anew.
    """

    def drawn_or_read(label: int, indices: range) -> npt.NDArray[np.uint8]:
        path = folder / f"{label}-{indices.start}-{indices.stop}.safetensors"
        images = _read(path, identity)
        if images is None:
            images = draw(label, indices)
            write_tensors(path, {"images": images}, {"identity": identity})
        return images

    return drawn_or_read


def remove(folder: Path) -> None:
    """Remove the chunks: what they make up is safe elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)


def _read(path: Path, identity: str) -> npt.NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    try:
        if read_about(path)["identity"] != identity:
            return None
        return read_tensors(path)["images"]
    except (ValueError, KeyError):
        return None
