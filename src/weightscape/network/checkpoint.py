"""Networks on disk: safetensors files that say what they hold."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from weightscape.files import beside
from weightscape.section import Section


class NetworkInfo(Section):
    """What one needs to know to build a network and to feed it."""

    architecture: str = Field(description="Name in timm.")
    in_chans: int = Field(description="Channels of the input.")
    num_classes: int = Field(description="Outputs of the classifier.")
    classifier: str = Field(description="Name of the classifier's module.")
    mean: tuple[float, ...] = Field(description="Mean of each channel, subtracted from [0, 1].")
    std: tuple[float, ...] = Field(description="Standard deviation of each channel, divided by.")
    img_size: int | None = Field(
        None, description="Height and width that images are brought to; as they are when missing."
    )
    model_args: dict[str, Any] = Field({}, description="Arguments of timm's model, over its own.")
    keep_projection: int = Field(
        0,
        description="Features that the pre-trained head gives, which stands before the classifier;"
        " 0 where the classifier takes its place.",
    )
    small_stem: bool = Field(
        False, description="Whether a ResNet starts with a 3×3 convolution of stride 1."
    )
    head_init: str = Field("linear", description="How its classifier's weights are drawn.")
    source: str = Field("", description="Where the weights come from.")
    license: str = Field("", description="Their licence.")


def save_network(
    path: str | Path,
    tensors: Mapping[str, Tensor],
    info: NetworkInfo,
    provenance: Mapping[str, Any],
) -> None:
    """Write `tensors` and what they are to `path`, whole or not at all.

    All metadata is one JSON text, because the order of several keys in the file is not fixed.
    """
    about = json.dumps({"network": info.slice(), "provenance": provenance}, sort_keys=True)
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with beside(path) as unfinished:
        # Not save_file, whose files only their owner can read.
        unfinished.write_bytes(save(contiguous, metadata={"weightscape": about}))


def load_tensors(path: str | Path) -> tuple[dict[str, Tensor], NetworkInfo]:
    """Return the tensors of the network at `path` and what they are."""
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["weightscape"])
        return {name: file.get_tensor(name) for name in file.keys()}, NetworkInfo(
            **about["network"]
        )
