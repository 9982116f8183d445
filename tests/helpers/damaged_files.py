"""Reads damaged files of every format, in a process of its own that may not take much memory.

``python -m tests.helpers.damaged_files <folder of sound files> <count> <seed>`` prints one line for
every file that is not read as it should be: with the tensors that are left, or a `CheckpointError`.
"""

import argparse
import codecs
import pickle
import pickletools
import random
import resource
import signal
import sys
import tracemalloc
import warnings
import zipfile
from pathlib import Path

from weightscape.checkpoints.checkpoint import CheckpointError, Tensor
from weightscape.checkpoints.tree import read_tree

SECONDS = 5  # of the processor, for one file
ALLOWED = 2**21, 100  # bytes that reading may take: so many, and so many times the file's own
MEMORY = 2**27  # bytes that the process may take in addition
NUMBERS = [0, 1, 2**7, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63, 2**64 - 1]


def tensors_of(part):
    if isinstance(part, Tensor):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from tensors_of(inner)


def read_all(path):
    """Read a file and all of its tensors; return how many there are."""
    found = list(tensors_of(read_tree(path).tree))
    for tensor in found:
        try:
            assert tensor.read().shape == tensor.shape
        except OSError:
            pass
    return len(found)


def damage(data, others, chance):
    """Return bytes with one to three faults."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 3])):
        size = len(data)
        # Most of what tells a reader where to look stands at the beginning or at the end.
        place = chance.choice([chance.randrange(size), min(chance.randrange(600), size - 1)])
        place = size - 1 - place if chance.random() < 0.3 else place
        kind = chance.randrange(6)
        if kind == 0:
            data[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        elif kind == 2:
            number = chance.choice(NUMBERS).to_bytes(8, chance.choice(["little", "big"]))
            data[place : place + 8] = number[: chance.choice([2, 4, 8])]
        elif kind == 3:
            del data[place : place + chance.choice([1, 4, 60, size])]
        elif kind == 4:
            data[place:place] = data[place : place + chance.choice([1, 8, 60])]
        else:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            data[place : place + 40] = other[start : start + chance.choice([4, 40, 400])]
        data = data or bytearray(b"\0")
    return bytes(data)


def split(data):
    """Return the opcodes of the pickles at the beginning of a file, each with its argument."""
    parts, start = [], 0
    while not start or data[start : start + 1] == pickle.PROTO:
        places = [start + place for _, _, place in pickletools.genops(data[start:])]
        start = places[-1] + 1
        parts += [data[a:b] for a, b in zip(places, [*places[1:], start], strict=True)]
    return parts


def splice(opcodes, others, chance):
    """Return a pickle with one to six opcodes moved, repeated, left out, or of another."""
    parts = list(opcodes)
    for _ in range(chance.randrange(1, 7)):
        place = chance.randrange(len(parts))
        kind = chance.randrange(4)
        if kind == 0:
            parts[place:place] = [chance.choice(chance.choice(others))]
        elif kind == 1:
            parts[place] = chance.choice(chance.choice(others))
        elif kind == 2:
            del parts[place : place + chance.choice([1, 1, 5])]
        else:
            start = chance.randrange(len(parts))
            parts[place:place] = parts[start : start + 4] * chance.choice([1, 1, 200])
        parts = parts or [b"."]
    return b"".join(parts)


def repack(path, source, pickled):
    """Write an archive with another pickle in it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickled if name.endswith("data.pkl") else old.read(name))


def write_damaged(path, sound, pickles, chance):
    """Write a damaged file; return what it was made of."""
    source = chance.choice(sorted(sound))
    if source in pickles and chance.random() < 0.6:
        whole = pickles[source]
        pickled = splice(whole, list(pickles.values()), chance)
        if chance.random() < 0.3:
            pickled = damage(pickled, list(sound.values()), chance)
        if zipfile.is_zipfile(source):
            repack(path, source, pickled)
        else:
            path.write_bytes(pickled + sound[source][len(b"".join(whole)) :])
    else:
        path.write_bytes(damage(sound[source], list(sound.values()), chance))
    return source


def too_long(*_):
    raise AssertionError("takes too long")


def find_fault(path, modules):
    """Read a file; say what is wrong with how that went, nothing if all is right."""
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    fault = ""
    try:
        read_all(path)
    except (CheckpointError, OSError) as error:
        if len(str(error).splitlines()) != 1:
            fault = f"says {error}"
    except BaseException as error:
        fault = f"raises {error!r}"
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    peak = tracemalloc.get_traced_memory()[1] - before
    if peak > ALLOWED[0] + ALLOWED[1] * path.stat().st_size:
        fault += f" takes {peak} bytes of memory"
    if new := set(sys.modules) - modules:
        fault += f" imports {sorted(new)}"
    return fault


def main(folder, count, seed):
    sound = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    for path in sound:
        assert read_all(path), path
    pickles = {}
    for path, data in sound.items():
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                name = next(n for n in archive.namelist() if n.endswith("data.pkl"))
                pickles[path] = split(archive.read(name))
        elif data[:1] in (pickle.PROTO, pickle.MARK):
            pickles[path] = split(data)
    codecs.lookup("cp437")  # of names in zip files
    modules = set(sys.modules)
    path = folder.with_name("damaged")
    chance = random.Random(seed)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGVTALRM, too_long)
    tracemalloc.start()
    for number in range(count):
        source = write_damaged(path, sound, pickles, chance)
        if fault := find_fault(path, modules):
            kept = path.with_name(f"kept-{seed}-{number}")
            kept.write_bytes(path.read_bytes())
            print(f"{kept}, of {source.name}: {fault}")


if __name__ == "__main__":
    warnings.simplefilter("error")
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    main(**vars(parser.parse_args()))
