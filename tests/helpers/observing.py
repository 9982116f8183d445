"""What the layers of a network are, told by its modules and by what its forward does with them.

Nothing here looks at a layer's name: blocks are the modules of given classes, and what a layer does
follows from when it is called and where its output goes.
"""

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

FIRST = 100
PRODUCTS = (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__, torch.bmm,
            torch.Tensor.bmm, torch.baddbmm, torch.Tensor.baddbmm)  # fmt: skip
OTHER = ("Squeeze", "Router", "Mixer")
"""Words in the classes of modules whose layers have no role of their own, convolutions apart."""


class Observer(TorchFunctionMode):
    """Runs a network, every layer of which gives a number of its own, and follows the numbers.

    The operands of the two products of an attention are queries, keys and values; their entries
    are the numbers of the layers that they come from. Norms give what they get, and would else
    change the numbers.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    block_classes : collection of str
        Classes of the modules that are its blocks.
    """

    def __init__(self, network, block_classes):
        super().__init__()
        modules = dict(network.named_modules())
        self.kinds = {name: type(module).__name__ for name, module in modules.items()}
        self.blocks = [name for name, kind in self.kinds.items() if kind in block_classes]
        self.layers = {name: module for name, module in modules.items() if is_layer(module)}
        self.numbers = {name: index for index, name in enumerate(self.layers, start=FIRST)}
        self.called, self.before, self.uses, self.attended = [], {}, {}, set()
        self.products = self.place = 0
        self.is_in_layer = False
        for name, module in modules.items():
            if name in self.layers:
                module.register_forward_pre_hook(lambda module, inputs: self.multiply(True))
                module.register_forward_hook(
                    lambda module, inputs, output, name=name: self.give_number(name, output)
                )
            elif (
                self.kinds[name].endswith(("Norm", "Norm1d", "Norm2d"))
                and "_" not in self.kinds[name]
            ):
                module.register_forward_hook(lambda module, inputs, output: inputs[0])
            elif "Attention" in self.kinds[name]:
                module.register_forward_pre_hook(lambda module, inputs: self.attend())

    def attend(self):
        self.products = 0

    def multiply(self, is_in_layer):
        self.is_in_layer = is_in_layer

    def give_number(self, name, output):
        self.multiply(False)
        self.called.append(name)
        self.place = self.block_around(name) or self.place
        self.before.setdefault(name, self.place)
        if self.products and self.is_within(name, "Attention"):
            self.attended.add(name)
        return torch.full_like(output, self.numbers[name])

    def __torch_function__(self, function, types, args=(), kwargs=None):
        operands = [*args, *(value for key, value in (kwargs or {}).items() if "batch" in key)]
        if function in PRODUCTS and self.products < 2 and not self.is_in_layer:
            parts = ("v",) if self.products else ("q", "k")
            for part, operand in zip(parts, operands[-len(parts) :], strict=True):
                for name in self.sources(operand):
                    self.uses.setdefault(name, set()).add(part)
            self.products += 1
        return function(*args, **kwargs or {})

    def sources(self, tensor):
        """Return the layers whose numbers a tensor holds, or their quotients by a side's root."""
        found = tensor.detach().unique().tolist()
        found += [value * min(tensor.shape[-2:]) ** 0.5 for value in found]
        found += [value * max(tensor.shape[-2:]) ** 0.5 for value in found]
        numbers = self.numbers.items()
        return [name for name, n in numbers if any(abs(value - n) < 1e-2 for value in found)]

    def roles(self):
        """Return role and block of every layer that was called.

        The role is ``fused`` where the output is queries, keys and values at once, and ``head``
        behind the blocks.
        """
        last = max(index for index, name in enumerate(self.called) if self.block_around(name))
        return {
            name: (self.role(name, index > last), self.block(name, index > last))
            for name in self.layers
            if name in self.called
            for index in [self.called.index(name)]
        }

    def block(self, name, is_behind):
        if inside := self.block_around(name):
            return inside
        if isinstance(self.layers[name], nn.Embedding):
            return 0
        if is_behind or not self.is_between(name):
            return len(self.blocks) + 1 if self.before[name] else 0
        return self.before[name]

    def role(self, name, is_behind):
        layer = self.layers[name]
        if isinstance(layer, nn.Embedding):
            return "embedding"
        if parts := self.uses.get(name):
            return next(iter(parts)) if len(parts) == 1 else "fused"
        if name in self.attended:
            return "attn_out"
        if any(self.is_within(name, word) for word in OTHER):
            return "conv" if is_conv(layer) and self.is_within(name, "Mixer") else "other"
        if not self.block_around(name):
            if is_behind or (self.before[name] and not self.is_between(name)):
                return "head"
            return "downsample" if self.before[name] else "stem" if is_conv(layer) else "other"
        if self.is_within(name, "ShortCut"):
            return "downsample"
        if is_conv(layer):
            return "conv"
        block = self.block_around(name)
        mlp = [n for n in self.called if self.block_around(n) == block and self.is_in_mlp(n)]
        return "mlp_out" if name == mlp[-1] else "mlp_in"

    def is_in_mlp(self, name):
        is_attention = name in self.uses or self.is_within(name, "Attention")
        return not is_attention and not is_conv(self.layers[name])

    def is_between(self, name):
        """Say whether a layer outside the blocks joins two of them: it makes images smaller."""
        return is_conv(self.layers[name]) or self.is_within(name, "Merging")

    def block_around(self, name):
        return next((i for i, b in enumerate(self.blocks, 1) if name.startswith(f"{b}.")), 0)

    def is_within(self, name, word):
        parts = name.split(".")
        around = (".".join(parts[:end]) for end in range(1, len(parts)))
        return any(word in self.kinds[outer] for outer in around)


def is_layer(module):
    """Say whether a module multiplies by a matrix of its own, or looks up its rows."""
    kinds = nn.Linear | nn.Embedding | nn.modules.conv._ConvNd
    return isinstance(module, kinds) or type(module).__name__ == "Conv1D"


def is_conv(module):
    return isinstance(module, nn.modules.conv._ConvNd)
