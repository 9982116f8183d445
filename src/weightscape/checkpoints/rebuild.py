"""What the functions that a pickle names are replaced by: tensors, containers, plain objects."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightscape.checkpoints.arrays import ARRAYS
from weightscape.checkpoints.checkpoint import Tensor
from weightscape.checkpoints.floats import SIZES
from weightscape.checkpoints.span import Held
from weightscape.checkpoints.storage import Storage, make_tensor, make_unreadable
from weightscape.checkpoints.unpickle import Global, Made

_STORAGES = {
    "Double": "float64", "Float": "float32", "Half": "float16", "BFloat16": "bfloat16",
    "ComplexDouble": "complex128", "ComplexFloat": "complex64", "ComplexHalf": "complex32",
    "Long": "int64", "Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8",
    "Bool": "bool", "QInt8": "qint8", "QUInt8": "quint8", "QInt32": "qint32",
    "QUInt4x2": "quint4x2", "QUInt2x4": "quint2x4", "Untyped": "uint8",
}  # fmt: skip
"""Types of the entries of torch's classes of storages."""


def make_storage(key: Hashable, kind: Any, count: Any, order: str = "<") -> Storage:
    """Return a storage of `count` entries whose bytes are not found yet.

    Parameters
    ----------
    key : hashable
        The same for the same storage.
    kind : Global
        Class of torch's storages, as ``torch.FloatStorage``.
    count : int
        How many entries it has.
    order : {"<", ">"}, optional
        Order of the bytes of an entry.

    Raises
    ------
    TypeError, ValueError
        If the class is none, or the count no number.
    """
    name = kind.name.rpartition(".")[2].removesuffix("Storage") if isinstance(kind, Global) else ""
    if name not in _STORAGES:
        raise ValueError(f"no class of storages {name!r} is known")
    if not isinstance(count, int):
        raise TypeError("the count of entries is no number")
    dtype = _STORAGES[name]
    return Storage(key, dtype, count * SIZES[dtype], order=order)


def _make_bytes(content: Any = b"", *_: Any) -> Any:
    """Return bytes, which pickles of protocol 2 and before keep as a text."""
    return Held(content) if isinstance(content, str) else content


def _make_dict(items: Any = (), *_: Any) -> Any:
    """Return an `OrderedDict`, whose items Python 2 gives as an argument."""
    if not isinstance(items, list):
        return items or {}
    found = {key: value for key, value in items if isinstance(key, str | int)}
    items.clear()  # they have gone over, and a stream cannot multiply them
    return found


def _make_list(items: Any = (), *_: Any) -> Any:
    return items or []


def _make_view(storage: Storage, offset: Any, shape: Any, strides: Any, *others: Any) -> Tensor:
    """Return the tensor of `_rebuild_tensor` and of its second form with `metadata` behind."""
    return make_tensor(_checked(storage), offset, shape, strides, others[2] if others[2:] else None)


def _make_cast_view(
    storage: Storage, offset: Any, shape: Any, strides: Any, _grad: Any, _hooks: Any, dtype: Any,
    metadata: Any = None,
) -> Tensor:  # fmt: skip
    return make_tensor(_checked(storage), offset, shape, strides, metadata, _dtype(dtype))


def _make_quantised(
    storage: Storage, offset: Any, shape: Any, strides: Any, affine: Any, *_: Any
) -> Tensor:
    """Return the numbers that codes stand for; of codes that share a byte, the bytes."""
    codes = make_tensor(_checked(storage), offset, shape, strides)
    if codes.dtype not in ("qint8", "quint8", "qint32"):
        return codes
    _, scale, zero, *axis = affine
    sizes = [1] * len(codes.shape)
    if axis:  # one of each along an axis
        sizes[axis[0]] = codes.shape[axis[0]]
        if not _tensor(scale).shape == _tensor(zero).shape == (sizes[axis[0]],):
            raise ValueError("there are not as many scales as entries along the axis")
    elif not isinstance(scale, float) or not isinstance(zero, int) or abs(zero) > 2**31:
        raise TypeError("a scale is no number")

    def read() -> NDArray[np.float32]:
        scales, zeros = (
            part.read().astype(np.float64).reshape(sizes) if axis else np.float64(part)
            for part in (scale, zero)
        )
        with np.errstate(all="ignore"):  # scales that are not finite
            return ((codes.read() - zeros) * scales).astype(np.float32)

    return Tensor(codes.shape, "float32", read, codes.storage)


def _make_sparse(layout: Any, parts: Any) -> Tensor:
    if not isinstance(layout, str):
        raise TypeError("a layout has no name")
    layout = layout.removeprefix("torch.")
    values, shape = (parts[1], parts[2]) if layout == "sparse_coo" else (parts[2], parts[3])
    return make_unreadable(
        shape, f"{layout} {_tensor(values).dtype}", "it is sparse; save its `.to_dense()`"
    )


def _make_meta(dtype: Any, shape: Any, *_: Any) -> Tensor:
    return make_unreadable(shape, _dtype(dtype), "saved from the meta device: it has no data")


def _make_wrapper(kind: Any, dtype: Any, shape: Any, *_: Any) -> Tensor:
    name = kind.name if isinstance(kind, Global) else "class"
    return make_unreadable(
        shape, _dtype(dtype), f"it is of the {name}, which keeps its entries in its own way; save "
        "the plain tensor that the class makes of it",
    )  # fmt: skip


def _make_nested(buffer: Any, *_: Any) -> Tensor:
    tensor = _tensor(buffer)
    return make_unreadable(
        tensor.shape, f"nested {tensor.dtype}", "it is nested; save its `.to_padded_tensor(0)`"
    )


def _make_sub(function: Any, kind: Any, arguments: Any, state: Any) -> Any:
    """Return a tensor of a class of its own; that of a distributed one, if it is whole."""
    make = _TENSORS.get(function.name) if isinstance(function, Global) else None
    tensor = make(*arguments) if make else None
    if not isinstance(tensor, Tensor):
        return Made(kind.name if isinstance(kind, Global) else "object", (arguments, state))
    local = _find_local(state)
    if not isinstance(local, Tensor):
        return tensor
    if local.shape == tensor.shape:
        return local
    return make_unreadable(
        tensor.shape, tensor.dtype,
        f"it is spread over several processes, and this file has a part of shape {local.shape}; "
        "gather it by `.full_tensor()`, or save the model by `StateDictType.FULL_STATE_DICT`",
    )  # fmt: skip


def _find_local(state: Any) -> Any:
    """Return the part of a DTensor or of a ShardedTensor that a process has; None for others."""
    for part in state if isinstance(state, tuple) else (state,):
        if isinstance(part, dict) and "_local_tensor" in part:
            return part["_local_tensor"]
        if isinstance(part, list) and len(part) == 1 and isinstance(part[0], Made):
            return next((d["tensor"] for d in part[0].dictionaries if "tensor" in d), None)
    return None


def _make_object(kind: Any, _base: Any = None, content: Any = None) -> Made:
    """Return an object of a pickle of protocol 0 or 1."""
    if not isinstance(kind, Global):
        raise TypeError("the class of an object is none")
    return Made(kind.name, (), [content])


def _make_persistent(meta: Any) -> Made:
    """Return a network that is saved with its source, as those of StyleGAN 2 and 3 are."""
    items = meta.items if isinstance(meta, Made) else meta
    return Made("torch_utils.persistence", (), [items["state"]])


def _first(content: Any, *_: Any) -> Any:
    return content


def _checked(storage: Any) -> Storage:
    if not isinstance(storage, Storage):
        raise TypeError("a tensor has no storage")
    return storage


def _tensor(part: Any) -> Tensor:
    if not isinstance(part, Tensor):
        raise TypeError("a part of a tensor is none")
    return part


def _dtype(kind: Any) -> str:
    if not isinstance(kind, Global):
        raise TypeError("the type of a tensor is none")
    return kind.name.removeprefix("torch.")


_UTILS: dict[str, Callable[..., Any]] = {
    "_rebuild_tensor": _make_view,
    "_rebuild_tensor_v2": _make_view,
    "_rebuild_tensor_v3": _make_cast_view,
    "_rebuild_qtensor": _make_quantised,
    "_rebuild_sparse_tensor": _make_sparse,
    "_rebuild_sparse_csr_tensor": _make_sparse,
    "_rebuild_nested_tensor": _make_nested,
    "_rebuild_meta_tensor_no_storage": _make_meta,
    "_rebuild_wrapper_subclass": _make_wrapper,
    "_rebuild_parameter": _first,
    "_rebuild_parameter_with_state": _first,
    "_rebuild_device_tensor_from_cpu_tensor": _first,
    "_rebuild_device_tensor_from_numpy": _first,
    "_rebuild_xla_tensor": _first,
}
_TENSORS = {f"torch._utils.{name}": make for name, make in _UTILS.items()}
_OTHERS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _make_dict,
    "collections.defaultdict": lambda *_: {},
    "collections.Counter": _make_dict,
    "collections.deque": _make_list,
    "torch.Size": _make_list,
    "torch.device": _first,
    "torch.serialization._get_layout": _first,
    "torch.nn.parameter.Parameter": _first,
    "torch.nn.parameter.Buffer": _first,
    "torch.autograd.variable.Variable": _first,
    "_codecs.encode": _make_bytes,
    "copyreg._reconstructor": _make_object,
    "copy_reg._reconstructor": _make_object,
    "torch_utils.persistence._reconstruct_persistent_obj": _make_persistent,
}
for _builtins in ("builtins", "__builtin__"):
    _OTHERS |= {f"{_builtins}.{name}": _make_list for name in ("set", "frozenset", "list")}
    _OTHERS |= {f"{_builtins}.{name}": _make_bytes for name in ("bytes", "bytearray")}
for _module in ("torch._tensor", "torch.tensor"):
    _OTHERS |= {
        f"{_module}.{name}": _make_sub for name in ("_rebuild_from_type", "_rebuild_from_type_v2")
    }

KNOWN: Mapping[str, Callable[..., Any]] = {**_TENSORS, **_OTHERS, **ARRAYS}
"""Functions by module and name, none of which does more than to name what it is given."""
