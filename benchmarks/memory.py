"""Memory and time of `weightscape spectra` on a large checkpoint, sharded and in bfloat16.

The checkpoint is made for the measurement, in the shapes of a language model, and deleted after it.
"""

import json
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.apart import apart
from benchmarks.report import Table

GIB = 2**30
SIZE = 4 * 10**9
"""Bytes of the checkpoint."""
WIDTH = 2048
"""Of its layers."""
_ATTENTION = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")


def measure(folder: Path, quick: bool, factor: float) -> list[Table]:
    """Return the table; one round whatever the `factor`, for memory varies little.

    The checkpoint lies in the system's folder for temporary files meanwhile.
    """
    width, size = (32, 10**5) if quick else (WIDTH, SIZE)
    with TemporaryDirectory() as scratch:
        checkpoint, table = Path(scratch) / "checkpoint", Path(scratch) / "spectra.parquet"
        total, largest = write_checkpoint(checkpoint, width, size)
        usage = apart(_prepared, ["spectra", str(checkpoint), "-o", str(table)])
        if usage.result or not table.exists():
            raise RuntimeError(f"weightscape spectra ended with status {usage.result}")
    bound = GIB + 6 * largest * 8
    row = {
        "checkpoint, GB": total / 1e9,
        "minutes": usage.seconds / 60,
        "peak memory, GiB": usage.peak / GIB,
        "largest layer in float64, GiB": largest * 8 / GIB,
        "1 GiB + 6 × the largest layer, GiB": bound / GIB,
    }
    note = (
        f"A token embedding and decoder blocks of width {width}, in bfloat16; all columns that"
        " are computed by default."
    )
    return [Table("A large checkpoint", [row], note)]


def write_checkpoint(folder: Path, width: int, size: int) -> tuple[int, int]:
    """Write bfloat16 shards until they hold `size` bytes, and their index.

    The first shard is an embedding, every other one a decoder block. Entries are Gaussian, with a
    scale of its own for every row and every column.

    Returns
    -------
    total : int
        Bytes of all weights.
    largest : int
        Entries of the largest one.
    """
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    places: dict[str, str] = {}
    total = largest = 0
    for index in count():
        if total >= size:
            break
        weights = {}
        for name, (rows, cols) in _shapes(index, width).items():
            values = generator.standard_normal((rows, cols), np.float32)
            values *= generator.lognormal(-4, 0.5, (rows, 1)).astype(np.float32)
            values *= generator.lognormal(0, 0.5, (1, cols)).astype(np.float32)
            weights[name] = torch.from_numpy(values).bfloat16()
            total, largest = total + 2 * values.size, max(largest, values.size)
        shard = f"model-{index:05}.safetensors"
        save_file(weights, folder / shard)
        places |= dict.fromkeys(weights, shard)
    text = json.dumps({"metadata": {"total_size": total}, "weight_map": places})
    (folder / "model.safetensors.index.json").write_text(text)
    return total, largest


def _shapes(index: int, width: int) -> dict[str, tuple[int, int]]:
    """Return the weights of a shard, in the proportions of Llama 7B but for the width."""
    if index == 0:
        return {"model.embed_tokens.weight": (16 * width, width)}
    wide = 11008 * width // 4096
    shapes = dict.fromkeys(_ATTENTION, (width, width))
    shapes |= {"mlp.gate_proj": (wide, width), "mlp.up_proj": (wide, width)}
    shapes |= {"mlp.down_proj": (width, wide)}
    return {f"model.layers.{index - 1}.{name}.weight": shape for name, shape in shapes.items()}


def _prepared(arguments: list[str]) -> Callable[[], int]:
    from weightscape.cli import main

    return partial(main, arguments)
