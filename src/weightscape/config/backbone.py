"""Config of a backbone: an architecture and where its initial weights come from."""

import importlib.util
import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from weightscape.config.packaged import PACKAGED
from weightscape.config.plugins import make_plugin
from weightscape.config.recipe import Optimisation
from weightscape.config.section import Name, Section
from weightscape.config.source import Source


@cache
def timm_architectures() -> frozenset[str]:
    """Return the names that `timm.create_model` takes, read from timm's source without import.

    Architectures, and architectures with the tag of published weights.
    """
    package = importlib.util.find_spec("timm")
    assert package is not None and package.origin is not None
    names: set[str] = set()
    for path in (Path(package.origin).parent / "models").glob("*.py"):
        text = path.read_text("utf-8")
        names.update(re.findall(r"^@register_model\ndef (\w+)", text, re.M))
        names.update(re.findall(r"^ +['\"](\w+\.\w+)['\"]: ?_\w+\(", text, re.M))
    # timm makes these names when it is imported: the same weights in a network with QuickGELU.
    quick = {name.replace("_clip_", "_clip_quickgelu_") for name in names if "." in name}
    return frozenset(names | {name for name in quick if name.split(".")[0] in names})


WITHOUT_PRETRAINING = ("none", "random", "timm", "package", "checkpoint")
"""Sources of initial weights that are not trained in the workflow."""


class Pretraining(Optimisation):
    """Pre-training in the workflow, on images made without a download."""

    options: dict[str, Any] = Field({}, description="Options of the source of the images.")
    limit: int | None = Field(
        None, ge=2, description="Images of each class to use; all when missing."
    )


class Backbone(Section):
    """A timm architecture together with where its initial weights come from."""

    name: Name = Field(description="Name of the backbone in paths and tables.")
    architecture: str = Field(description="Name of the architecture in timm.")
    in_chans: int = Field(3, ge=1, le=4, description="Channels of the images it takes.")
    img_size: int | None = Field(
        None,
        ge=8,
        le=1024,
        description="Height and width that images are brought to, on the device; as they are when"
        " missing.",
    )
    model_args: dict[str, Any] = Field(
        {}, description="Arguments of timm's model, over those of the architecture."
    )
    keep_projection: bool = Field(
        False,
        description="Whether the head of the pre-training, such as CLIP's projection, is kept"
        " before the classifier; else the classifier takes its place.",
    )
    small_stem: bool = Field(
        False, description="A 3×3 convolution of stride 1 in the place of ResNet's 7×7 of stride 2."
    )
    pretrained: str = Field(
        "none",
        description="Where the initial weights come from: `none` draws them at random for every"
        " seed, `random` once for all; `timm` takes the published ones that the architecture's tag"
        " names; `package` those that an installed package carries; `checkpoint` those of a file; a"
        " module of weightscape.data, such as `glyphs`, pre-trains on its images.",
    )
    package: Literal[tuple(PACKAGED)] | None = Field(  # type: ignore[valid-type]
        None, description="The package, where pretrained is `package`."
    )
    checkpoint: str | None = Field(
        None, description="The file, where pretrained is `checkpoint`; its pickles run no code."
    )
    pretraining: Pretraining | None = Field(
        None, description="How to pre-train; needed unless pretrained is `none`."
    )
    head_init: Literal["linear", "timm", "zero"] = Field(
        "linear",
        description="How the classifier's weights are drawn: `linear` as torch.nn.Linear's,"
        " uniformly within ±1/√features; `timm` as the architecture has it; `zero`.",
    )

    @field_validator("architecture")
    @classmethod
    def _known_to_timm(cls, name: str) -> str:
        known = timm_architectures()
        if name not in known:
            near = get_close_matches(name, known, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ValueError(f"{name!r} is not an architecture of timm{hint}")
        return name

    @model_validator(mode="before")
    @classmethod
    def _resolved(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("pretrained", "none") in WITHOUT_PRETRAINING:
            return data
        given = data.get("pretraining")
        pretraining = {} if given is None else given
        if not isinstance(pretraining, dict):
            return data
        options = make_plugin(Source, data["pretrained"], pretraining.get("options"))
        return {**data, "pretraining": {**pretraining, "options": options.slice()}}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.pretrained in WITHOUT_PRETRAINING and self.pretraining is not None:
            raise ValueError(
                f"pretraining is given, but pretrained is {self.pretrained!r}; drop one of them"
            )
        if self.pretrained == "timm" and "." not in self.architecture:
            raise ValueError(
                f"architecture: {self.architecture!r} does not say which published weights; add"
                " their tag, such as resnet50.tv2_in1k"
            )
        for source, what in (("checkpoint", "file"), ("package", "name")):
            if (self.pretrained == source) != (getattr(self, source) is not None):
                raise ValueError(
                    f"{source}: give a {what} where pretrained is {source!r}, and only there"
                )
        if self.package and (fits := PACKAGED[self.package].architecture) != self.architecture:
            raise ValueError(
                f"package: {self.package} has weights of {fits}, not of {self.architecture!r}"
            )
        if self.keep_projection and self.pretraining is not None:
            raise ValueError(
                "keep_projection: a network that is trained here has no head of its own to keep"
            )
        if self.small_stem and self.pretrained not in ("none", "random"):
            raise ValueError("small_stem: weights from elsewhere have no such stem; use none")
        return self

    @property
    def images(self) -> Source | None:
        """The source of the images that it is pre-trained on; None where it is not trained here."""
        if self.pretraining is None:
            return None
        return make_plugin(Source, self.pretrained, self.pretraining.options)

    @property
    def modules(self) -> list[str]:
        """The modules of the plug-ins of its pre-training, for the digest of a job's code."""
        if self.pretraining is None:
            return []
        return [f"weightscape.{Source.folder}.{self.pretrained}", *self.pretraining.modules]

    @property
    def is_fetched(self) -> bool:
        """Whether its weights are made neither by training here nor anew for every seed."""
        return self.pretrained in WITHOUT_PRETRAINING and not self.is_from_scratch

    @property
    def is_from_scratch(self) -> bool:
        """Whether its weights are not pre-trained: every seed draws its own."""
        return self.pretrained == "none"

    @property
    def network(self) -> dict[str, Any]:
        """What makes the network, whatever its weights: arguments of `network.build.describe`."""
        keys = (
            "architecture",
            "in_chans",
            "img_size",
            "model_args",
            "keep_projection",
            "small_stem",
            "head_init",
        )
        values = self.slice()
        return {key: values[key] for key in keys}
