"""Which rows of a fused projection a network attends with as q, k and v."""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from weightscape.layers.catalogue import matrix

FIRST = 100
"""The number of the first row: large enough for an activation to leave it as it is."""
_PRODUCTS = (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__, torch.bmm,
             torch.baddbmm, torch.Tensor.baddbmm)  # fmt: skip


class Watch(TorchFunctionMode):
    """Notes what attention gets as q, k and v, after every fused projection has numbered its rows.

    A hook puts its own number in the place of each output, so that the numbers in q, k and v say
    which rows of the weight they are. They are the arguments of an attention of torch, the three
    parts of a split, or the operands of two products.
    """

    def __init__(self, network, names):
        super().__init__()
        self.rows, self.name, self.operands, self.is_in_layer = {}, "", [], False
        for name, module in network.named_modules():
            if isinstance(module, nn.Linear):
                module.register_forward_pre_hook(lambda module, inputs: self.enter())
            if name in names:
                module.register_forward_hook(
                    lambda module, inputs, output, name=name: self.number(name, module, output)
                )
            elif isinstance(module, nn.Linear):
                module.register_forward_hook(lambda module, inputs, output: self.leave(output))

    def enter(self):
        self.is_in_layer = True

    def leave(self, output):
        self.is_in_layer = False
        return output

    def number(self, name, module, output):
        self.name, self.operands, self.is_in_layer = name, [], False
        axis = 1 if isinstance(module, nn.Conv2d) else -1
        numbers = torch.arange(output.shape[axis], dtype=output.dtype) + FIRST
        return numbers.view(-1, *[1] * (output.ndim - 2) if axis == 1 else ()).expand_as(output)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **kwargs or {})
        if not self.name or self.is_in_layer:
            return result
        if function is nn.functional.scaled_dot_product_attention:
            self.note(args[:3])
            self.name = ""
        elif function is torch.Tensor.split and len(result) == 3:
            self.note(result)
        elif function in _PRODUCTS:
            batches = [value for key, value in (kwargs or {}).items() if "batch" in key]
            self.operands += [*args, *batches][-2:]
            if len(self.operands) == 4:
                self.note((*self.operands[:2], self.operands[3]))
                self.name = ""
        return result

    def note(self, parts):
        found = [[round(float(n)) - FIRST for n in part.unique() if n] for part in parts]
        known = self.rows.get(self.name)
        # A split may be in another order than an attention takes the parts, which may weigh them.
        if known is None or sorted(known.values()) == sorted(found):
            self.rows[self.name] = dict(zip("qkv", found, strict=True))


def rows_of(layer, parameter):
    """Return which rows of a parameter a layer matrix holds, from its entries."""
    rows = torch.arange(parameter.shape[0], dtype=parameter.dtype)
    numbered = rows.view(-1, *[1] * (parameter.ndim - 1)).expand_as(parameter)
    found = matrix(numbered.numpy(), layer)
    assert (found == found[..., :1]).all()
    return sorted(int(n) for n in found[0, :, 0])


def rows_attended_with(network, names, inputs):
    """Return by projection the rows that its network attends with as q, k and v."""
    watch = Watch(network.eval(), names)
    with torch.no_grad(), watch:
        network(**inputs) if isinstance(inputs, dict) else network(inputs)
    return watch.rows


def rows_found(network, names, layers):
    """Return by projection the rows that the catalogue has as q, k and v."""
    state, parts = network.state_dict(), {}
    for layer in layers:
        name = layer.parameter.removesuffix(".weight")
        if layer.role in "qkv" and name in names:
            parts.setdefault(name, {})[layer.role] = rows_of(layer, state[layer.parameter])
    return parts
