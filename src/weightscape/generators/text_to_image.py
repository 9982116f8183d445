"""Pre-trained text-to-image pipelines of diffusers, from a folder or the Hugging Face hub."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator

from weightscape.config.generator import Generator
from weightscape.data._tree import list_tree

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from weightscape.data.examples import Examples
    from weightscape.generators.model import Draw, Model, Setting

log = logging.getLogger(__name__)


class TextToImage(Generator):
    """A pipeline, and what it is asked for."""

    learns: ClassVar[bool] = False
    sampling: ClassVar[tuple[str, ...]] = (
        "prompts",
        "class_names",
        "steps",
        "guidance_scale",
        "image_size",
        "batch_size",
        "dtype",
    )

    model: str = Field(
        description="A folder that a pipeline was saved to, with safetensors weights; or its name"
        " on the Hugging Face hub, from where it is downloaded to the hub's cache (HF_HOME).",
    )
    revision: str | None = Field(
        default=None, description="Branch, tag or commit on the hub; its main branch when missing."
    )
    prompts: tuple[str, ...] = Field(
        default=("a photo of a {class}",),
        min_length=1,
        description="Templates, used in turn; {class} stands for the class.",
    )
    class_names: dict[str, str] = Field(
        default={}, description="Words for classes in prompts; a class's own name when missing."
    )
    steps: int = Field(default=30, ge=1, description="Steps from noise to an image.")
    guidance_scale: float = Field(
        default=7.5, ge=0, description="Weight of the prompt; pipelines take 1 or less for none."
    )
    image_size: int | None = Field(
        default=None,
        ge=8,
        description="Height and width at which the pipeline works, from where images are reduced"
        " to the training images' size; the pipeline's own when missing.",
    )
    batch_size: int = Field(default=8, ge=1, description="Images that are made at a time.")
    dtype: Literal["float32", "float16", "bfloat16"] = Field(
        default="float32", description="Numbers that the pipeline computes with."
    )

    @field_validator("prompts")
    @classmethod
    def _names_the_class(cls, prompts: tuple[str, ...]) -> tuple[str, ...]:
        for prompt in prompts:
            if "{class}" not in prompt:
                raise ValueError(f"the prompt {prompt!r} has no {{class}}: it asks for any image")
        return prompts

    def fit(self, train: Examples, setting: Setting) -> Model:
        """Find the pipeline; nothing is trained.

        Returns
        -------
        Model
            Without arrays. The facts are the pipeline's name, its class, the licence that its model
            card states, and: of a folder the digest of all files; of a pipeline on the hub the
            commit.

        Raises
        ------
        ModuleNotFoundError
            If diffusers or transformers is not installed.
        FileNotFoundError
            If the pipeline is not there, or cannot be downloaded.
        ValueError
            If words are given for a class that there is not.
        """
        import json

        from weightscape.generators.model import Model

        for name in self.class_names:
            if name not in train.classes:
                raise ValueError(
                    f"class_names: {name!r} is no class; there are {', '.join(train.classes)}"
                )
        folder, commit = _found(self.model, self.revision)
        index = folder / "model_index.json"
        if not index.is_file():
            raise FileNotFoundError(
                f"{index} is missing: {folder} is no saved pipeline of diffusers"
            )
        facts = {
            "model": self.model,
            "pipeline": json.loads(index.read_text("utf-8"))["_class_name"],
            "licence": _licence(folder / "README.md"),
            "commit": commit,
            "digest": None if commit else _digest(folder),
            "listing": self.listing(),
        }
        log.info("%s", facts)
        if facts["licence"] is None:
            log.warning("%s states no licence; look it up before images are passed on", self.model)
        return Model({}, facts)

    def sampler(self, model: Model, setting: Setting) -> Draw:
        """Return what asks the pipeline for images of a class, and reduces them.

        Image i of a class has template i, counted round, and noise of its own.

        Raises
        ------
        ModuleNotFoundError
            If diffusers or transformers is not installed.
        FileNotFoundError
            If the pipeline is not there, or has no safetensors weights.
        ValueError
            If the folder has changed since `fit`.
        """
        import numpy as np
        import torch

        from weightscape.data._pixels import convert_pixels
        from weightscape.generators._batches import draw_in_batches
        from weightscape.network.device import select_device
        from weightscape.seeds import seed_for

        if self.listing() != model.facts["listing"]:
            raise ValueError(f"{self.model} has changed since this job was planned; run again")
        folder, _ = _found(self.model, model.facts["commit"])
        device = select_device(*setting.place)
        # A pipeline may use operations that have no deterministic form on a GPU.
        torch.use_deterministic_algorithms(True, warn_only=True)
        pipeline = _loaded(folder, getattr(torch, self.dtype)).to(device)
        pipeline.set_progress_bar_config(disable=True)
        size = {"height": self.image_size, "width": self.image_size} if self.image_size else {}

        def make(label: int, indices: range) -> npt.NDArray[np.uint8]:
            words = self.class_names.get(setting.classes[label], setting.classes[label])
            prompts = [self.prompts[index % len(self.prompts)] for index in indices]
            result = pipeline(
                prompt=[prompt.replace("{class}", words) for prompt in prompts],
                generator=[
                    torch.Generator().manual_seed(seed_for(setting.seed, label, index))
                    for index in indices
                ],
                num_inference_steps=self.steps,
                guidance_scale=self.guidance_scale,
                **size,
            )
            blacked = sum(getattr(result, "nsfw_content_detected", None) or [])
            if blacked:
                log.warning("the pipeline has blacked out %d images of class %r", blacked, words)
            return np.stack([convert_pixels(image, setting.shape) for image in result.images])

        return draw_in_batches(make, self.batch_size)

    def shrink(self) -> Self:
        """Return one for a trial: the same pipeline, one step."""
        return self.model_copy(update={"steps": 1})

    def listing(self) -> str:
        """Return what changes with the folder's files; nothing for a pipeline on the hub."""
        folder = Path(self.model)
        return list_tree(folder, endings=("",)) if folder.is_dir() else ""


def _diffusers() -> Any:
    try:
        import diffusers
        import transformers  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"text_to_image needs the package {error.name}, which is not installed here: "
            "pip install weightscape[text-to-image]"
        ) from error
    return diffusers


def _found(model: str, revision: str | None) -> tuple[Path, str | None]:
    """Return the folder of a pipeline and, if it is from the hub, its commit."""
    diffusers = _diffusers()
    if Path(model).is_dir():
        return Path(model), None
    try:
        found = diffusers.DiffusionPipeline.download(model, revision=revision, use_safetensors=True)
    except Exception as error:
        raise FileNotFoundError(
            f"{model!r} is no folder here ({Path.cwd()}), and cannot be had from the Hugging Face "
            f"hub; where there is no network, download it elsewhere with `hf download {model} "
            f"--local-dir <folder>` and give the folder as model. The hub: {error}"
        ) from error
    return Path(found), Path(found).name


def _loaded(folder: Path, dtype: Any) -> Any:
    try:
        return _diffusers().DiffusionPipeline.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"no pipeline can be loaded from {folder}: {error} (weights must be safetensors)"
        ) from error


def _licence(card: Path) -> str | None:
    """Return the licence in the head of a model card."""
    import yaml

    if not card.is_file():
        return None
    parts = card.read_text("utf-8", errors="replace").split("---\n")
    try:
        head = yaml.safe_load(parts[1]) if len(parts) > 2 and not parts[0].strip() else None
    except yaml.YAMLError:
        return None
    stated = head.get("license") if isinstance(head, dict) else None
    return None if stated is None else str(stated)


def _digest(folder: Path) -> str:
    """Return the SHA-256 of all files in a folder, with their names."""
    import hashlib

    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            with file.open("rb") as content:
                own = hashlib.file_digest(content, "sha256").hexdigest()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{own}\n".encode())
    return digest.hexdigest()
