"""A dataset of anyone's images: it is prepared anew when they change."""

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.helpers.driving import NANO, planned, snakemake

TARGET = "results/nano/data/mine/train.safetensors"


@pytest.mark.slow
def test_a_changed_folder_makes_its_dataset_stale(tmp_path):
    for label, name in enumerate(("dark", "bright")):
        (tmp_path / "images" / name).mkdir(parents=True)
        for k in range(10):
            pixels = np.full((16, 16, 3), 200 * label + k, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / name / f"{k}.png")
    study = yaml.safe_load(NANO.read_text())
    options = {"path": str(tmp_path / "images"), "image_size": 16}
    study["datasets"] = [{"name": "mine", "source": "folder", "options": options}]
    config = tmp_path / "study.yaml"
    config.write_text(yaml.safe_dump(study))

    run = snakemake(tmp_path, TARGET, config=config)
    assert run.returncode == 0, run.stdout
    assert planned(tmp_path, TARGET, config=config) == {}
    (tmp_path / "images" / "dark" / "3.png").unlink()
    assert planned(tmp_path, TARGET, config=config) == {"prepare_dataset": 1}
    (tmp_path / "images" / "dark" / "loop").symlink_to(tmp_path / "images")
    run = snakemake(tmp_path, "--dry-run", TARGET, config=config)
    assert run.returncode and "datasets.mine: " in run.stdout
    assert "is a link back to a folder that it lies in" in run.stdout
