"""A folder with one bad file of every kind, and what is to be said of each."""

import argparse
import json
import zipfile

import torch
from safetensors.torch import save_file

SOUND = [
    "good.safetensors", "half.safetensors", "brain.safetensors", "legacy.pt", "nested.pth",
    "pickled.pt", "arguments.pt", "numpy.pt",
]  # fmt: skip


def sound(seed=0, **others):
    """Return a state dict with one sound layer, and `others`."""
    generator = torch.Generator().manual_seed(seed)
    return {"fc.weight": torch.randn(24, 40, generator=generator), **others}


def write_bad_folder(folder):
    """Write the folder; return, by file and parameter, the status and a part of the reason."""
    save_file(sound(), folder / "good.safetensors")
    save_file({"fc.weight": sound()["fc.weight"].half()}, folder / "half.safetensors")
    save_file({"fc.weight": sound()["fc.weight"].bfloat16()}, folder / "brain.safetensors")
    torch.save(sound(), folder / "legacy.pt", _use_new_zipfile_serialization=False)
    nested = {f"module.{name}": value for name, value in sound().items()}
    torch.save({"epoch": 3, "model": nested}, folder / "nested.pth")

    layers = sound(
        **{
            "a.weight": torch.full((20, 20), torch.nan),
            "b.weight": torch.tensor([[1.0, torch.inf], [0.0, 1.0]]),
            "c.weight": torch.zeros(20, 30),
            "d.weight": torch.ones(20, 30),
            "e.weight": torch.outer(torch.arange(1.0, 21), torch.arange(1.0, 31)),
            "f.weight": torch.randn(1, 30),
            "g.weight": torch.empty(0, 30),
            "h.weight": torch.ones(20, 30, dtype=torch.int8),
            "i.weight": torch.ones(300, 1, dtype=torch.uint8),
            "j.weight": torch.ones(20, 30).to(torch.float8_e4m3fn),
            "j.weight_scale_inv": torch.ones(1, 1),
            "k.bias": torch.ones(20),
        }
    )
    save_file(layers, folder / "layers.safetensors")
    save_file({"q.weight": torch.ones(8, 8, dtype=torch.int8)}, folder / "quantised.safetensors")

    whole = (folder / "good.safetensors").read_bytes()
    (folder / "truncated.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "text.safetensors").write_text("these are no weights\n" * 9)
    (folder / "empty.safetensors").write_bytes(b"")
    torch.save(sound(), folder / "truncated.pt")
    whole = (folder / "truncated.pt").read_bytes()
    (folder / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    whole = (folder / "legacy.pt").read_bytes()
    (folder / "truncated_legacy.pt").write_bytes(whole[: len(whole) // 2])
    (folder / "text.bin").write_text("these are no weights\n" * 9)
    (folder / "empty.pt").write_bytes(b"")
    with zipfile.ZipFile(folder / "archive.pt", "w") as archive:
        archive.writestr("readme", "no weights")
    network = torch.nn.Sequential()
    network.add_module("fc", torch.nn.Linear(24, 40, bias=False))
    torch.save(network, folder / "pickled.pt")
    torch.save({"state_dict": sound(), "args": argparse.Namespace(a=1)}, folder / "arguments.pt")
    torch.save({"fc.weight": sound()["fc.weight"].numpy()}, folder / "numpy.pt")
    torch.save({"epoch": 3}, folder / "nothing.pt")
    torch.save([sound()["fc.weight"]], folder / "list.pt")
    (folder / "notes.txt").write_text("a note")
    torch.save({"state": {}}, folder / "optimizer.pt")
    shards = folder / "shards"
    shards.mkdir()
    save_file(sound(), shards / "model-1.safetensors")
    (shards / "model-2.safetensors").write_bytes(b"\x10\x00")
    names = {
        "fc.weight": "model-1.safetensors",
        "gone.weight": "model-1.safetensors",
        "b.weight": "model-2.safetensors",
        "c.weight": "model-3.safetensors",
    }
    (shards / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    (folder / "broken.bin.index.json").write_text("{")
    return {
        ("layers.safetensors", "a.weight"): ("failed", "not finite"),
        ("layers.safetensors", "b.weight"): ("failed", "not finite"),
        ("layers.safetensors", "c.weight"): ("partial", "zero"),
        ("layers.safetensors", "d.weight"): ("partial", "not zero"),
        ("layers.safetensors", "e.weight"): ("partial", "not zero"),
        ("layers.safetensors", "f.weight"): ("partial", "not zero"),
        ("layers.safetensors", "g.weight"): ("skipped", "it is empty"),
        ("layers.safetensors", "h.weight"): ("skipped", "int8 entries"),
        ("layers.safetensors", "i.weight"): ("skipped", "uint8 entries"),
        ("layers.safetensors", "j.weight"): ("partial", "not zero"),
        ("layers.safetensors", "j.weight_scale_inv"): ("skipped", "a factor of j.weight"),
        ("layers.safetensors", "k.bias"): ("skipped", "a vector"),
        ("quantised.safetensors", "q.weight"): ("skipped", "int8 entries"),
        ("quantised.safetensors", ""): ("failed", "none of its 1 parameters"),
        ("truncated.safetensors", ""): ("failed", "not a whole safetensors file"),
        ("text.safetensors", ""): ("failed", "is text, not a file of weights"),
        ("empty.safetensors", ""): ("failed", "is empty; copy or download it again"),
        ("truncated.pt", ""): ("failed", "is cut short or damaged"),
        ("truncated_legacy.pt", ""): ("failed", "is cut short or damaged"),
        ("text.bin", ""): ("failed", "is text, not a file of weights"),
        ("empty.pt", ""): ("failed", "is empty; copy or download it again"),
        ("archive.pt", ""): ("failed", "is a zip file without a checkpoint of torch in it"),
        ("list.pt", "0"): ("ok", ""),
        ("nothing.pt", ""): ("failed", "holds no state dict"),
        ("notes.txt", ""): ("skipped", "not a checkpoint"),
        ("optimizer.pt", ""): ("skipped", "the state of a training"),
        ("broken.bin.index.json", ""): ("failed", "has no `weight_map`"),
    }
