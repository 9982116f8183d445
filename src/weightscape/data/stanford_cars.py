"""Stanford Cars: 16,185 photographs of 196 makes, models and years of cars."""

from pathlib import Path

from weightscape.data._published import explain_lack
from weightscape.data._torchvision import Listed, ListedImages, itself, samples_of

ANNOTATIONS = (
    *("devkit/cars_meta.mat", "devkit/cars_train_annos.mat"),
    "cars_test_annos_withlabels.mat",
)
FOLDERS = ("devkit", "cars_train", "cars_test")
IMAGES = {"train": 8144, "test": 8041}
"""Published number of images of each part."""

CLASSES = 196
"""Published number of classes."""


class StanfordCars(ListedImages):
    """The 8,144 official training images and the 8,041 test images.

    They are whole photographs, not cut to the cars' boxes.

    References
    ----------
    Krause et al. (2013), 3D Object Representations for Fine-Grained Categorization,
    DOI 10.1109/ICCVW.2013.77; read through ``torchvision.datasets.StanfordCars``.
    """

    @classmethod
    def fetch(cls, data_root: Path) -> list[Path]:
        """Return the files below ``stanford_cars``; their publisher has taken them off the network.

        Raises
        ------
        FileNotFoundError
            If files are missing; the message says what to put where.
        ValueError
            If the lists of images cannot be read.
        """
        listed = cls().listed(data_root)
        annotations = [cls.place(data_root) / name for name in ANNOTATIONS]
        return [*annotations, *listed.files(cls.remedy(data_root))]

    @classmethod
    def place(cls, data_root: Path) -> Path:
        """Return where images and lists lie."""
        return data_root / "stanford_cars"

    @classmethod
    def remedy(cls, data_root: Path) -> str:
        """Return what to do where files are missing."""
        return (
            f"put into {cls.place(data_root)} the folders {', '.join(FOLDERS)} and the file"
            f" {ANNOTATIONS[-1]} from a copy of the set, as torchvision.datasets.StanfordCars"
            " expects them; its publisher no longer offers it"
        )

    def listed(self, data_root: Path) -> Listed:
        """Return the lists of both parts.

        Raises
        ------
        FileNotFoundError, ValueError
            If a list is missing or cannot be read.
        """
        import torchvision.datasets

        folder = self.place(data_root)
        for name in (*ANNOTATIONS, *FOLDERS):
            if not (folder / name).exists():
                raise explain_lack(str(folder / name), self.remedy(data_root))
        try:
            parts = {
                part: torchvision.datasets.StanfordCars(data_root, part, loader=itself)
                for part in ("train", "test")
            }
            samples = {part: samples_of(dataset) for part, dataset in parts.items()}
            return Listed(tuple(str(name) for name in parts["train"].classes), samples)
        except Exception as error:  # whatever a broken file can raise
            raise ValueError(f"{folder}: its .mat files cannot be read: {error}") from error

    def differs(self, listed: Listed) -> str:
        """Return in what the lists are not those that are published; empty where they are."""
        found = {part: len(samples) for part, samples in listed.parts.items()}
        if (found, len(listed.classes)) == (IMAGES, CLASSES):
            return ""
        return (
            f"{found['train']} images to train on and {found['test']} to test on, of"
            f" {len(listed.classes)} classes, and 8144, 8041 and 196"
        )
