"""A small U-Net that says, of a noisy image, a time and a class, which way the image moves."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, silu

GROUPS = 8
"""Groups of a normalisation; a width is a multiple of it."""


class UNet(nn.Module):
    """Residual blocks at several resolutions, those on the way down joined to those on the way up.

    Parameters
    ----------
    channels : int
        Channels of the images.
    classes : int
        Number of classes, which is also the label for no class: `no_class`.
    widths : sequence of int
        Channels at every resolution, each half of the one before it: multiples of 8. The images'
        sides are multiples of 2 to the power of their number less one.

    References
    ----------
    Ronneberger et al. (2015), arXiv:1505.04597, for the shape; Ho et al. (2020), arXiv:2006.11239,
    for residual blocks that know the time, with attention where the resolution is lowest.
    """

    def __init__(self, channels: int, classes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        first, last, told = widths[0], widths[-1], 4 * widths[0]
        self.no_class = classes
        self.time = nn.Sequential(nn.Linear(first, told), nn.SiLU(), nn.Linear(told, told))
        self.label = nn.Embedding(classes + 1, told)
        self.enter = nn.Conv2d(channels, first, 3, padding=1)
        before = (first, *widths[:-1])
        self.down = nn.ModuleList(Block(a, b, told) for a, b in zip(before, widths, strict=True))
        self.shrink = nn.ModuleList(nn.Conv2d(w, w, 3, 2, padding=1) for w in widths[:-1])
        self.bottom = nn.ModuleList([Block(last, last, told), Block(last, last, told)])
        self.attention = Attention(last)
        self.grow = nn.ModuleList(nn.Conv2d(w, w, 3, padding=1) for w in widths[:-1])
        self.up = nn.ModuleList(Block(2 * b, a, told) for a, b in zip(before, widths, strict=True))
        self.leave = nn.Sequential(
            nn.GroupNorm(GROUPS, first), nn.SiLU(), nn.Conv2d(first, channels, 3, padding=1)
        )

    def forward(self, images: Tensor, times: Tensor, labels: Tensor) -> Tensor:
        """Return a velocity for every image, of the images' shape.

        Parameters
        ----------
        images : torch.Tensor
            float32 (n, channels, height, width).
        times : torch.Tensor
            float32 (n,), from 0 to 1.
        labels : torch.Tensor
            int64 (n,).
        """
        told = silu(self.time(waves(times, self.enter.out_channels)) + self.label(labels))
        x = self.enter(images)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else self.shrink[level - 1](x), told)
            skips.append(x)
        x = self.bottom[1](self.attention(self.bottom[0](x, told)), told)
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.cat([x, skips[level]], 1), told)
            if level > 0:
                x = self.grow[level - 1](interpolate(x, scale_factor=2.0))
        velocity: Tensor = self.leave(x)
        return velocity


class Block(nn.Module):
    """Two convolutions beside a short cut; what is told scales and shifts between them."""

    def __init__(self, before: int, after: int, told: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.GroupNorm(GROUPS, before), nn.GroupNorm(GROUPS, after)])
        last = nn.Conv2d(after, after, 3, padding=1)
        self.convs = nn.ModuleList([nn.Conv2d(before, after, 3, padding=1), last])
        self.told = nn.Linear(told, 2 * after)
        self.short = nn.Conv2d(before, after, 1) if before != after else nn.Identity()
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Return (n, after, height, width) for `x` (n, before, height, width)."""
        scale, shift = self.told(told)[:, :, None, None].chunk(2, 1)
        y = self.convs[0](silu(self.norms[0](x)))
        y = self.convs[1](silu(self.norms[1](y) * (1 + scale) + shift))
        joined: Tensor = self.short(x) + y
        return joined


class Attention(nn.Module):
    """Every place looks at all others, with one head."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.qkv = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.out.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of `x`, (n, width, height, width)."""
        q, k, v = self.qkv(self.norm(x)).flatten(2).chunk(3, 1)
        # Written out, because the fused kernels' gradients differ from run to run on a GPU.
        weights = torch.softmax(q.transpose(1, 2) @ k / math.sqrt(q.shape[1]), -1)
        joined: Tensor = x + self.out((v @ weights.transpose(1, 2)).view_as(x))
        return joined


def waves(times: Tensor, width: int) -> Tensor:
    """Return `times` in [0, 1] as cosines and sines of `width`/2 frequencies: (n, width)."""
    steps = torch.arange(width // 2, device=times.device) / (width // 2)
    angles = 1000 * times[:, None] * torch.exp(-math.log(10_000) * steps)
    return torch.cat([angles.cos(), angles.sin()], 1)
