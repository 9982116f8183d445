"""Architectures of timm: one of each of its modules."""

import re
from importlib.util import find_spec
from pathlib import Path

import timm

MODELS = Path(find_spec("timm").origin).parent / "models"
NO_HEAD = ("mobilenetv5_300m_enc", "gemma4_vit_167m_enc", "gemma4_vit_570m_enc")
"""Encoders without a head, whatever timm says of them."""


def with_classifier():
    """Return by module of timm the architectures there that have one classifier, in their order."""
    found = {}
    for module in sorted(MODELS.glob("*.py")):
        names = re.findall(r"^@register_model\ndef (\w+)", module.read_text("utf-8"), re.M)
        names = [name for name in names if name not in NO_HEAD and _has_classifier(name)]
        if names:
            found[module.stem] = names
    return found


def _has_classifier(name):
    config = timm.get_pretrained_cfg(name)
    return config is not None and isinstance(config.classifier, str) and bool(config.classifier)
