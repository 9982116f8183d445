"""Which files of a folder hold the same weights in other formats or precisions, by their names."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_OTHER = ("h5", "keras", "msgpack", "ot", "xml", "npz", "pkl", "model")
_FORMATS = (
    "safetensors", "bin", "pt", "pth", "ckpt", "th", "pth.tar", "pt.tar", "gguf", "onnx", *_OTHER
)  # fmt: skip
"""Formats of weights by what their files end in; of the same weights, the first is read."""

_PRECISIONS = ("", "fp32", "float32", "bf16", "bfloat16", "fp16", "float16", "half")
"""What stands behind the name for a precision; of the same weights, the first is read."""

_SAME = {
    "pytorch_model": "model", "tf_model": "model", "flax_model": "model", "rust_model": "model",
    "openvino_model": "model", "consolidated": "model", "consolidated.00": "model",
    "diffusion_flax_model": "diffusion_pytorch_model",
}  # fmt: skip
"""Names that transformers, diffusers and others give to the weights of one network."""

_KNOWN = frozenset((*_SAME, *_SAME.values(), "adapter_model"))
_EXPORTS = frozenset(("onnx", "openvino", "original", "coreml", "tflite", "gguf"))
_STEP = re.compile(r"global_step\d+")
_NAME = re.compile(
    rf"(?P<stem>.+?)(?:[-._](?P<precision>{'|'.join(filter(None, _PRECISIONS))}))?"
    rf"(?:-\d{{5}}-of-\d{{5}})?\.(?P<format>{'|'.join(map(re.escape, _FORMATS))})"
    r"(?:\.index(?:\.(?P<variant>[\w-]+))?\.json)?",
    re.IGNORECASE,
)


_TRAINING = re.compile(
    r"(optimizer|scheduler|scaler|rng_state|training_args|random_states|sampler|dl_state_dict"
    r"|custom_checkpoint)([_-]?\d+)*(\.\w+)?|.*_optim_states\.pt"
)
"""What the trainers of transformers, Accelerate and DeepSpeed call the state of a training."""


class Form(NamedTuple):
    """What the name of a file of weights says.

    Attributes
    ----------
    weights : str
        Whose weights they are: the same for other formats and precisions of them.
    known : bool
        Whether the name is one of those that the hub's libraries give.
    meant : bool
        Whether what has such a name is weights, and not only may be.
    order : tuple of int
        Of the same weights, the form that comes first is read.
    """

    weights: str
    known: bool
    meant: bool
    order: tuple[int, ...]


def tell_form(path: Path) -> Form | None:
    """Return what the name of a file says of its weights; None where they are none."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    stem = match["stem"]
    precision = (match["precision"] or match["variant"] or "").lower()
    if precision not in _PRECISIONS:
        stem, precision = f"{stem}.{precision}", ""
    weights = _SAME.get(stem, stem)
    kind, known = match["format"].lower(), stem in _KNOWN
    order = (
        _PRECISIONS.index(precision),
        _FORMATS.index(kind),
        list(_SAME).index(stem) if stem in _SAME else -1,
    )
    return Form(weights, known, known or kind not in _OTHER, order)


def is_of_training(path: Path) -> bool:
    """Return whether a file or folder by its name is the state of a training."""
    return bool(_TRAINING.fullmatch(path.name))


def whose_export(path: Path) -> Path | None:
    """Return the folder whose network a file holds in another form; None where it is its own.

    Exports lie in folders such as ``onnx`` below that of the network, and what DeepSpeed keeps to
    go on with in ``global_step…``.
    """
    folder = path.parent
    return folder.parent if folder.name in _EXPORTS or _STEP.fullmatch(folder.name) else None


def choose_forms(files: Iterable[Path]) -> list[Path]:
    """Return the files of weights among `files`, of the same weights the first form alone."""
    forms = {file: form for file in files if not is_of_training(file) and (form := tell_form(file))}
    first: dict[tuple[Path, str], tuple[int, ...]] = {}
    for file, form in forms.items():
        group = (file.parent, form.weights)
        first[group] = min(first.get(group, form.order), form.order)
    networks = {folder for folder, weights in first if weights in _KNOWN}
    return [
        file
        for file, form in forms.items()
        if (not form.known or form.order == first[file.parent, form.weights])
        and whose_export(file) not in networks
    ]
