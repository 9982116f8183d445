"""Config of a backbone: an architecture and where its initial weights come from."""

import importlib.util
import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from weightscape.config.recipe import Optimisation
from weightscape.plugins import options_of
from weightscape.section import Name, Section


@cache
def timm_architectures() -> frozenset[str]:
    """Return the names that `timm.create_model` takes, read from timm's source without import."""
    package = importlib.util.find_spec("timm")
    assert package is not None and package.origin is not None
    names: set[str] = set()
    for path in (Path(package.origin).parent / "models").glob("*.py"):
        names.update(re.findall(r"^@register_model\ndef (\w+)", path.read_text("utf-8"), re.M))
    return frozenset(names)


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
    pretrained: str = Field(
        "none",
        description="Where the initial weights come from: `none` draws them at random; a module "
        "of weightscape.data, such as `glyphs`, pre-trains on its images.",
    )
    pretraining: Pretraining | None = Field(
        None, description="How to pre-train; needed unless pretrained is `none`."
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
        if not isinstance(data, dict) or data.get("pretrained", "none") == "none":
            return data
        pretraining = dict(data.get("pretraining") or {})
        options = options_of("data", data["pretrained"], pretraining.get("options") or {})
        return {**data, "pretraining": {**pretraining, "options": options.slice()}}

    @model_validator(mode="after")
    def _needs_no_pretraining(self) -> Self:
        if self.pretrained == "none" and self.pretraining is not None:
            raise ValueError("pretraining is given, but pretrained is 'none'; drop one of them")
        return self
