"""Entries that are not the numbers of a weight: quantised in other ways, or of other types."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from weightscape.checkpoints.checkpoint import FLOATING, Tensor
from weightscape.parameters.made import Made
from weightscape.parameters.scaled import SCALED


class _Layout(NamedTuple):
    """How a method keeps a weight: the tensor that tells it, and all that belong to it.

    Names are those within the module; one that ends in a dot or an underscore is a beginning.
    """

    method: str
    told_by: tuple[str, ...]
    parts: tuple[str, ...]
    weight: str = "weight"
    dtypes: tuple[str, ...] = ()
    remedy: str = "give the checkpoint that it was made of, or dequantise it by its own package"


_DEPTH = 3  # parts of the longest name within a module
_LOAD = "dequantise it: load it by transformers and save `model.dequantize().state_dict()`"
_LAYOUTS = (
    _Layout("GPTQ", ("qweight", "g_idx"), ("qweight", "qzeros", "scales", "g_idx", "perm")),
    _Layout("AWQ", ("qweight", "qzeros"), ("qweight", "qzeros", "scales")),
    _Layout("GPTQ or AWQ", ("qweight", "scales"), ("qweight", "scales", "zeros")),
    _Layout("bitsandbytes, 4 bits", ("weight.absmax",), ("weight", "weight."),
            remedy=_LOAD),
    _Layout("bitsandbytes, 4 bits", ("weight.quant_map",), ("weight", "weight."),
            remedy=_LOAD),
    _Layout("HQQ", ("W_q",),
            ("W_q", "scale", "zero", "meta_", "meta.", "nbits", "group_size", "axis", "shape",
             "channel_wise", "optimize", "packing", "unpack_view_dtype", "view_as_float",
             "round_zero", "compute_dtype", "quant_scale", "quant_zero", "offload_meta",
             "stores_quant_config", "encoded_state_dict", "zero_", "scale_")),
    _Layout("compressed-tensors", ("weight_packed",),
            ("weight_packed", "weight_scale", "weight_shape", "weight_zero_point", "weight_g_idx",
             "weight_global_scale", "input_global_scale")),
    _Layout("AQLM", ("codes", "codebooks"), ("codes", "codebooks", "scales")),
    _Layout("VPTQ", ("indices", "centroids.weight"),
            ("indices", "centroids.", "res_centroids.", "outlier_", "weight_", "perm",
             "res_indices")),
    _Layout("QuIP#", ("Qidxs", "SU"),
            ("Qidxs", "SU", "SV", "Wscale", "codebook_id", "fuse_scales")),
    _Layout("EETQ", ("weight", "weight_scales"), ("weight", "weight_scales"), dtypes=("int8",)),
    _Layout("quanto, several codes in a byte", ("weight._data._data",), ("weight.",)),
    _Layout("quanto, several codes in a byte", ("weight._scale", "weight._shift"), ("weight.",)),
    _Layout("torch.ao", ("_packed_params._packed_params",),
            ("_packed_params.", "scale", "zero_point")),
    _Layout("a method that packs several codes in a byte (BitNet, NVFP4 or another)",
            ("weight", "weight_scale"), ("weight", "weight_scale", "weight_scale_2"),
            dtypes=("uint8",)),
    _Layout("a method that packs several codes in a byte", ("weight", "scale"),
            ("weight", "scale"), dtypes=("uint8", "float4_e2m1fn_x2", "float4_e2m1fn")),
)  # fmt: skip

_FLAT = re.compile(r"(.*\.)?_?flat_param(_\d+)?")
_OTHERS = (
    (r"complex", "are complex, and the spectra are those of real matrices"),
    (r"sparse", "are those of a sparse tensor: save it as `tensor.to_dense()`"),
    (r"qu?int", "are codes of a quantised tensor: save it as `tensor.dequantize()`"),
    (r"bool", "are a mask, not a weight"),
    (r"\w*e8m0", "are exponents, the scales of other tensors"),
    (r"float\d", "are of a format that is not read: save them as `tensor.float()`"),
)


def find_quantised(parameters: Mapping[str, Tensor]) -> list[Made]:
    """Return the quantised weights, each with the reason why it is not analysed.

    A method is told by the names that it keeps in a module; its codes, scales, zeros and indices
    are no weights. Asked after the layouts that are known (`weightscape.parameters.scaled`,
    `weightscape.parameters.packed`).

    Parameters
    ----------
    parameters : mapping of str to Tensor
        All of the network.
    """
    beside: dict[str, list[str]] = {}
    for name in parameters:
        for depth in range(1, _DEPTH + 1):
            beside.setdefault(_module(name, depth), []).append(name)
    return list(_find(parameters, beside))


def find_numberless(parameters: Mapping[str, Tensor]) -> dict[str, str]:
    """Return the parameters whose entries are not those of a weight, with the reason.

    Vectors and scalars are none of them: they are no operators, whatever they hold.
    """
    found = ((name, _why_no_numbers(name, tensor)) for name, tensor in parameters.items())
    return {name: reason for name, reason in found if reason}


def _find(parameters: Mapping[str, Tensor], beside: Mapping[str, list[str]]) -> Iterator[Made]:
    seen: set[str] = set()
    for name, tensor in parameters.items():
        for layout in _LAYOUTS:
            first, *others = layout.told_by
            module = _module(name, first.count(".") + 1)
            if name != module + first or module in seen:
                continue
            if layout.dtypes and tensor.dtype not in layout.dtypes:
                continue
            if not all(module + other in parameters for other in others):
                continue
            seen.add(module)
            codes = parameters.get(module + layout.parts[0], tensor)
            reason = (
                f"quantised by {layout.method}: its {codes.dtype} entries are codes, not the "
                f"weight; {layout.remedy}"
            )
            parts = tuple(part for part in beside[module] if _is_part(part, module, layout))
            yield Made(module + layout.weight, reason, parts)


def _is_part(name: str, module: str, layout: _Layout) -> bool:
    within = name.removeprefix(module)
    return within in layout.parts or any(
        within.startswith(part) for part in layout.parts if part.endswith((".", "_"))
    )


def _module(name: str, depth: int) -> str:
    """Return a name, up to and with a dot, without its last `depth` parts."""
    return "".join(f"{part}." for part in name.split(".")[:-depth])


def _why_no_numbers(parameter: str, tensor: Tensor) -> str:
    if _FLAT.fullmatch(parameter):
        return (
            "a flat parameter of FSDP, many weights in one, whose shapes it does not say: save the "
            "full state dict (`torch.distributed.checkpoint.state_dict.get_model_state_dict` with "
            "`full_state_dict=True`)"
        )
    dtype = tensor.dtype
    if len(tensor.shape) < 2 or dtype in FLOATING or dtype.startswith(SCALED):
        return ""
    for pattern, reason in _OTHERS:
        if re.match(pattern, dtype):
            return f"{dtype} entries {reason}"
    return f"{dtype} entries are an index or a quantised weight, which has to be dequantised first"
