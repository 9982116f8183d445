"""Adapters: factors of a change, kept in place of a weight or beside it."""

import re
from collections.abc import Callable, Mapping
from math import prod, sqrt
from typing import Any, NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.safetensors_file import ADAPTERS
from weightscape.parameters.made import Made
from weightscape.parameters.products import Product, multiply_factors

Config = Mapping[str, Any]

_FACTOR = re.compile(
    r"(?=(lora|lycoris)_|diffusion_model\.|(?!.*\.diff$))"  # `diff` is a word of networks, too
    r"(?P<module>.+?)(\.processor)?(\.(?P<processed>to_\w+)_lora)?"
    r"\.(?P<factor>lora_embedding_[AB]|lora_[ABE]|lora_(down|up|mid)|lora\.(down|up)"
    r"|lora_linear_layer\.(down|up)|(?<=_lora\.)(down|up)|(?<=_lora\d\.)(down|up)"
    r"|hada_[wt]\w+|lokr_[wt]\w+|diff(?!\.)"
    r"|lora_magnitude_vector|dora_scale|ia3_l|b?oft_\w+|vera_lambda_\w+)"
    r"(\.(?!weight$|bias$)(?P<adapter>\w+))?(\.weight)?"
)
_ROLES = (
    (r"lora_embedding_A", "embedding_down"),
    (r"lora_embedding_B", "embedding_up"),
    (r"lora_A|(.*[._])?down", "down"),
    (r"lora_B|(.*[._])?up", "up"),
    (r"lora_magnitude_vector|dora_scale", "magnitude"),
)
_PEFT = re.compile(r"(^|\.)base_model\.model\.")
# What is changed twice has its second factors within its `base_layer`.
_BASE = re.compile(r"\.base_layer(?=\.)(?!(\.base_layer)*\.lora_)|\.modules_to_save(\.\w+)?(?=\.)")
_ORIGINAL = re.compile(r"(.*\.)?original_module\..*")
_PROMPTS = re.compile(r"(.*\.)?(prompt_embeddings|prompt_encoder\..*|adaption_prompt)")
_DRAWN = re.compile(r"(.*\.)?vera_[AB](\.\w+)?")
_UNSCALED = re.compile(r"(unet|transformer|text_encoder\w*|diffusion_model)\.")


class _Module(NamedTuple):
    """A module with factors: their names by what they are, and those that mean a scale of 1."""

    path: str
    factors: dict[str, list[str]]
    conventions: set[str]


def clean_names(parameters: Mapping[str, Tensor]) -> dict[str, str]:
    """Return the names of the network under PEFT, by those of the file; empty where it is none.

    ``base_model.model.``, ``base_layer.`` and ``modules_to_save.<adapter>.`` are taken off.
    """
    if not any(map(_FACTOR.fullmatch, parameters)) and not any(map(_PEFT.search, parameters)):
        return {}
    clean = {name: _BASE.sub("", _PEFT.sub(r"\1", name)) for name in parameters}
    return clean if len(set(clean.values())) == len(clean) else {}


def find_adapters(parameters: Mapping[str, Tensor], config: Config, is_peft: bool) -> list[Made]:
    """Return the weights that adapters change: the change of each, or its sum with the weight.

    ``<module>.weight`` is the change ΔW: α/r · B·A of LoRA [1]_, of a convolution the kernels of
    both one after the other; likewise of LoHa and LoKr [2]_; LyCORIS' ``diff`` is the change
    itself. Where the file has the weight too, it is their sum.

    α is that of an ``alpha`` beside the factors, or else of the config, with its patterns, the
    root of rank-stabilised LoRA and ``fan_in_fan_out``. Without these the scale is 1 where names
    are those of diffusers or kohya, which read them so; α of others is not known, and their weight
    is given with that reason. So are adapters that are no sum (DoRA, IA3, OFT).

    Parameters
    ----------
    parameters : mapping of str to Tensor
        By the names of `clean_names`.
    config : mapping
        What ``adapter_config.json`` says; empty without one.
    is_peft : bool
        Whether the names of the file are those of PEFT.

    References
    ----------
    .. [1] Hu et al. 2022, arXiv:2106.09685; Kalajdzievski 2023, arXiv:2312.03732; as in PEFT 0.20,
       ``tuners/lora/layer.py``, and diffusers 0.42, ``utils/peft_utils.py``
    .. [2] Yeh et al. 2024, arXiv:2309.14859; as in LyCORIS
    """
    modules: dict[str, _Module] = {}
    for name in parameters:
        if match := _FACTOR.fullmatch(name):
            path = match["module"] + (f".{match['processed']}" if match["processed"] else "")
            module = modules.setdefault(path, _Module(path, {}, set()))
            module.factors.setdefault(_role(match["factor"]), []).append(name)
            is_a = match["factor"].endswith(("_A", "_B"))
            if not is_peft and (not is_a or _UNSCALED.match(name)):
                module.conventions.add(match["factor"])
    return [_make(module, parameters, config) for module in modules.values()]


def why_no_weight(name: str) -> str:
    """Say why a tensor of an adapter is no weight of the network; nothing if it may be."""
    if _PROMPTS.fullmatch(name):
        return "a prompt of its own (prompt tuning), which is an input and no weight"
    if _DRAWN.fullmatch(name):
        return "a factor of VeRA that is drawn, the same for all weights, and no weight"
    if _ORIGINAL.fullmatch(name):
        return "the weight before the fine-tuning, which the network does not use"
    return ""


def _make(module: _Module, parameters: Mapping[str, Tensor], config: Config) -> Made:
    weight, alpha = f"{module.path}.weight", f"{module.path}.alpha"
    names = [name for several in module.factors.values() for name in several]
    names += [alpha] if alpha in parameters else []
    made = _change(module, parameters, _config_of(module.path, config))
    base = parameters.get(weight)
    if base is not None and isinstance(made, Tensor):
        made = _sum(base, made)
    return Made(weight, made, tuple(names))


def _config_of(path: str, config: Config) -> Config:
    """Return the settings of a module: diffusers keeps them by the part of the pipeline."""
    found = config.get(ADAPTERS)
    if not isinstance(found, Mapping):
        return config
    prefix = f"{path.partition('.')[0]}."
    return {
        str(name).removeprefix(prefix): value
        for name, value in found.items()
        if str(name).startswith(prefix)
    }


def _change(module: _Module, parameters: Mapping[str, Tensor], config: Config) -> Tensor | str:
    if any(len(names) > 1 for names in module.factors.values()):
        return "several adapters change it, and which of them are in use the file does not say"
    if _is_stacked(module.path, config):
        return "its adapter is of several experts in one: merge it into its base first"
    factors = {role: parameters[names[0]] for role, names in module.factors.items()}
    product = multiply_factors(factors)
    if isinstance(product, str):
        return product
    scale = _scale(module, product, parameters, config)
    if isinstance(scale, str):
        return scale
    turned = bool(config.get("fan_in_fan_out")) and "down" in factors and len(product.shape) == 2

    def read() -> NDArray[np.float64]:
        found = product.read()
        found *= scale() if callable(scale) else scale
        return found.T if turned else found

    return Tensor(product.shape[::-1] if turned else product.shape, product.dtype, read)


def _scale(
    module: _Module, product: Product, parameters: Mapping[str, Tensor], config: Config
) -> float | Callable[[], float] | str:
    """Return what the product is multiplied by, or why that is not known."""
    alpha = parameters.get(f"{module.path}.alpha")
    if alpha is not None and prod(alpha.shape) != 1:
        return f"its alpha, which scales the change, has the shape {alpha.shape}"
    if alpha is not None:
        # Of a product of whole matrices no factor shows a rank, and its scale is 1.
        return lambda: float(alpha.read().item()) / product.rank if product.rank else 1.0
    given = config.get("lora_alpha", config.get("alpha") if "peft_type" in config else None)
    if given is None:
        if module.conventions:
            return 1.0
        return "the scale of its change is not known: put adapter_config.json beside the file"
    given = _by_pattern(module.path, config.get("alpha_pattern"), given)
    rank = _by_pattern(module.path, config.get("rank_pattern"), config.get("r", product.rank))
    rank = product.rank if "down" in module.factors else rank
    if not _is_number(given) or not _is_number(rank) or rank <= 0:
        return f"adapter_config.json does not give its scale: alpha is {given!r}, r is {rank!r}"
    return float(given / (sqrt(rank) if config.get("use_rslora") else rank))


def _by_pattern(path: str, patterns: Any, default: Any) -> Any:
    """Return what the first pattern says that the path of a module matches, as PEFT does."""
    for pattern, value in patterns.items() if isinstance(patterns, Mapping) else ():
        try:
            if re.match(rf"(.*\.)?({pattern})$", path):
                return value
        except re.error:
            continue
    return default


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_stacked(path: str, config: Config) -> bool:
    targets = config.get("target_parameters")
    parents = [str(t).rpartition(".")[0] for t in targets] if isinstance(targets, list) else []
    path = path.replace(".base_layer", "")
    return any(f".{path}".endswith(f".{parent}") for parent in parents if parent)


def _sum(base: Tensor, change: Tensor) -> Tensor | str:
    if base.shape != change.shape:
        return f"its adapter is of another shape, {change.shape}, than the weight, {base.shape}"
    return Tensor(base.shape, base.dtype, lambda: base.read() + change.read())


def _role(factor: str) -> str:
    for pattern, role in _ROLES:
        if re.fullmatch(pattern, factor):
            return role
    return factor.removeprefix("hada_").removeprefix("lokr_")
