"""Folders of weights as people have them, and what is found in one."""

import json
import os

import torch
from safetensors.torch import save_file

from tests.helpers.bad_checkpoints import sound
from weightscape.checkpoints.find import find_checkpoints


def found_in(folder):
    """Return by their paths in a folder the reasons of what it holds."""
    return {
        os.path.relpath(entry.name, folder): entry.reason for entry in find_checkpoints(str(folder))
    }


def write(folder, **files):
    """Write weights under names that end in .safetensors, .bin …, with `_` in place of the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, state in files.items():
        path = folder / ".".join(name.rsplit("_", 1))
        (save_file if path.suffix == ".safetensors" else torch.save)(state, path)


def write_shards(folder, name, index=None):
    """Write two shards; an index of them under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = [f"{name}-0000{number}-of-00002.safetensors" for number in (1, 2)]
    for number, shard in enumerate(shards):
        save_file({f"layers.{number}.fc1.weight": sound(number)["fc.weight"]}, folder / shard)
    if index:
        weight_map = {f"layers.{number}.fc1.weight": shard for number, shard in enumerate(shards)}
        (folder / index).write_text(json.dumps({"weight_map": weight_map}))
    return [folder / shard for shard in shards]
