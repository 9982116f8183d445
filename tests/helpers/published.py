"""Small data sets in the formats in which the real ones are published.

Every `write_<set>(data_root, ...)` puts a set below the folder of downloads, where its plug-in
looks for it. An image has one colour, which tells its class, its domain and its number: see
`colour`. The files' checksums are not the published ones: the options need ``checksums: false``.
"""

import io
import json
import struct
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scipy.io import savemat

from weightscape.data._published import name_of
from weightscape.data.domain_net import DomainNet
from weightscape.data.office_home import OfficeHome
from weightscape.data.pacs import Pacs
from weightscape.data.terra_incognita import TerraIncognita
from weightscape.data.vlcs import Vlcs

CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
CIFAR100 = ("apple", *(f"class_{k:02}" for k in range(1, 99)), "worm")
ANIMALS = (
    *("bird", "bobcat", "cat", "coyote", "dog"),
    *("empty", "opossum", "rabbit", "raccoon", "squirrel"),
)
CLASSES = {
    "office_home": tuple(f"Thing_{k:02}" for k in range(65)),
    "pacs": ("dog", "elephant", "giraffe", "guitar", "horse", "house", "person"),
    "vlcs": ("bird", "car", "chair", "dog", "person"),
    "terra_incognita": ANIMALS,
    "domain_net": tuple(f"thing_{k:03}" for k in range(345)),
}
"""Real names of classes, or as many others."""


def colour(label, domain=0, number=0):
    """Return the colour of an image: channels far enough apart to survive JPEG."""
    return (29 * label + 16) % 256, 40 * domain + 20, (53 * number + 16) % 256


def image(label, domain=0, number=0, shape=(12, 10)):
    """Return an image of one colour, uint8 (height, width, 3)."""
    return np.full((*shape, 3), colour(label, domain, number), np.uint8)


def jpeg(pixels, **options):
    """Return the bytes of a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


# CIFAR and what belongs to it


def python2_pickle(value):
    """Return `value` as Python 2 pickled it with protocol 2: text and arrays as byte strings."""
    return b"\x80\x02" + _pickled(value) + b"."


def _pickled(value):
    match value:
        case None | True | False:
            return {None: b"N", True: b"\x88", False: b"\x89"}[value]
        case int():
            return b"J" + struct.pack("<i", value)
        case str() | bytes():
            data = value.encode() if isinstance(value, str) else value
            return b"T" + struct.pack("<i", len(data)) + data
        case list():
            return b"](" + b"".join(map(_pickled, value)) + b"e"
        case tuple():
            return b"(" + b"".join(map(_pickled, value)) + b"t"
        case dict():
            return b"}(" + b"".join(_pickled(k) + _pickled(v) for k, v in value.items()) + b"u"
        case np.ndarray():
            kind = b"cnumpy\ndtype\n" + _pickled(("u1", 0, 1)) + b"R"
            kind += _pickled((3, "|", None, None, None, -1, -1, 0)) + b"b"
            array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n"
            array += _pickled((0,)) + _pickled("b") + b"tR"
            state = _pickled(1) + _pickled(value.shape) + kind + _pickled(False)
            return array + b"(" + state + _pickled(value.tobytes()) + b"tb"
    raise TypeError(type(value))


def _cifar_rows(labels, start=0):
    pixels = [image(label, 0, start + k, (32, 32)) for k, label in enumerate(labels)]
    return np.stack(pixels).transpose(0, 3, 1, 2).reshape(len(labels), 3072)


def write_cifar10(data_root, per_class=10, test_per_class=4):
    """Write five batches to train on and one to test on."""
    folder = data_root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), per_class)).tolist()
    batches = {f"data_batch_{k + 1}": labels[k::5] for k in range(5)}
    batches["test_batch"] = list(range(10)) * test_per_class
    for k, (name, of_batch) in enumerate(batches.items()):
        batch = {
            "batch_label": f"training batch {k + 1} of 5",
            "labels": of_batch,
            "data": _cifar_rows(of_batch, 100 * k),
            "filenames": [f"{n}.png" for n in range(len(of_batch))],
        }
        (folder / name).write_bytes(python2_pickle(batch))
    meta = {"num_cases_per_batch": len(labels) // 5, "label_names": list(CIFAR10), "num_vis": 3072}
    (folder / "batches.meta").write_bytes(python2_pickle(meta))


def write_cifar100(data_root, per_class=5, test_per_class=2):
    """Write the batch to train on and the one to test on, with fine and coarse classes."""
    folder = data_root / "cifar-100-python"
    folder.mkdir(parents=True)
    for name, count in (("train", per_class), ("test", test_per_class)):
        labels = list(range(100)) * count
        batch = {
            "filenames": [f"{n}.png" for n in range(len(labels))],
            "batch_label": f"{name} batch 1 of 1",
            "fine_labels": labels,
            "coarse_labels": [label // 5 for label in labels],
            "data": _cifar_rows(labels),
        }
        (folder / name).write_bytes(python2_pickle(batch))
    coarse = [f"group_{k:02}" for k in range(20)]
    meta = {"fine_label_names": list(CIFAR100), "coarse_label_names": coarse}
    (folder / "meta").write_bytes(python2_pickle(meta))


def write_cifar10_1(data_root, per_class=3):
    """Write images and labels of version 6."""
    folder = data_root / "cifar10.1"
    folder.mkdir(parents=True)
    labels = np.repeat(np.arange(10, dtype=np.int32), per_class)
    rows = [image(label, 3, k, (32, 32)) for k, label in enumerate(labels)]
    np.save(folder / "cifar10.1_v6_data.npy", np.stack(rows))
    np.save(folder / "cifar10.1_v6_labels.npy", labels)


def _write_corrupted(name, classes, data_root, test_per_class, corruptions):
    folder = data_root / name
    folder.mkdir(parents=True)
    labels = np.tile(np.tile(np.arange(classes, dtype=np.uint8), test_per_class), 5)
    count = len(labels) // 5
    for k, corruption in enumerate(corruptions):
        severities = range(1, 6)
        rows = [image(int(y), s, k, (32, 32)) for s in severities for y in labels[:count]]
        np.save(folder / f"{corruption}.npy", np.stack(rows))
    np.save(folder / "labels.npy", labels)


def write_cifar10_c(data_root, test_per_class=4, corruptions=("gaussian_noise", "fog")):
    """Write the arrays of some corruptions of what `write_cifar10` gives to test on."""
    _write_corrupted("CIFAR-10-C", 10, data_root, test_per_class, corruptions)


def write_cifar100_c(data_root, test_per_class=2, corruptions=("gaussian_noise",)):
    """Write the arrays of some corruptions of what `write_cifar100` gives to test on."""
    _write_corrupted("CIFAR-100-C", 100, data_root, test_per_class, corruptions)


# Other sets with official parts


def write_svhn(data_root, per_class=10, test_per_class=4):
    """Write the two files of Matlab; the digit 0 has the label 10."""
    folder = data_root / "svhn"
    folder.mkdir(parents=True)
    for part, count in (("train", per_class), ("test", test_per_class)):
        digits = np.tile(np.arange(10), count)
        pixels = np.stack([image(d, 0, k, (32, 32)) for k, d in enumerate(digits)], axis=-1)
        labels = np.where(digits == 0, 10, digits)[:, None].astype(np.uint8)
        savemat(folder / f"{part}_32x32.mat", {"X": pixels, "y": labels})


def write_stanford_cars(data_root, classes=6, per_class=8, test_per_class=3):
    """Write the devkit, the annotated lists and the photographs."""
    folder = data_root / "stanford_cars"
    (folder / "devkit").mkdir(parents=True)
    names = np.empty((1, classes), object)
    names[0] = [f"Make Model {k} Coupe 20{k:02}" for k in range(classes)]
    savemat(folder / "devkit" / "cars_meta.mat", {"class_names": names})
    fields = ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname")
    parts = {
        "cars_train": ("devkit/cars_train_annos.mat", per_class),
        "cars_test": ("cars_test_annos_withlabels.mat", test_per_class),
    }
    for part, (annotations, count) in parts.items():
        (folder / part).mkdir()
        rows = []
        for k in range(classes * count):
            name = f"{k + 1:05}.jpg"
            (folder / part / name).write_bytes(jpeg(image(k % classes, 0, k)))
            rows.append((1, 1, 9, 9, k % classes + 1, name))
        table = np.array([rows], [(field, object) for field in fields])
        savemat(folder / annotations, {"annotations": table})


def write_dtd(data_root, classes=5, per_class=9):
    """Write images and the lists of ten partitions: a third of each class in every part."""
    folder = data_root / "dtd" / "dtd"
    (folder / "labels").mkdir(parents=True)
    names = [f"texture_{k}" for k in range(classes)]
    for label, name in enumerate(names):
        (folder / "images" / name).mkdir(parents=True)
        for k in range(per_class):
            file = folder / "images" / name / f"{name}_{k:04}.jpg"
            file.write_bytes(jpeg(image(label, 0, k)))
    for partition in range(1, 11):
        for part, offset in (("train", 0), ("val", 1), ("test", 2)):
            first = (partition + offset) % 3
            lines = [
                f"{name}/{name}_{k:04}.jpg\n" for name in names for k in range(first, per_class, 3)
            ]
            (folder / "labels" / f"{part}{partition}.txt").write_text("".join(lines))


# Sets of several domains


def write_tree(folder, domains, classes, per_class=4, shape=(12, 10)):
    """Write a folder per domain with a folder per class."""
    for d, domain in enumerate(domains):
        for label, name in enumerate(classes):
            (folder / domain / name).mkdir(parents=True)
            for k in range(per_class):
                data = jpeg(image(label, d, k, shape))
                (folder / domain / name / f"{k + 1:05}.jpg").write_bytes(data)


def write_parquet(files, domains, classes, per_class=4, shape=(12, 10), numbered_domains=False):
    """Write the files that the hub has of a set, rows ordered by domain, in groups of seven."""
    rows = [
        (d, label, {"bytes": jpeg(image(label, d, k, shape)), "path": f"{k + 1:05}.jpg"})
        for d in range(len(domains))
        for label in range(len(classes))
        for k in range(per_class)
    ]
    of_domain = {"names": list(domains), "_type": "ClassLabel"}
    features = {
        "image": {"_type": "Image"},
        "domain": of_domain if numbered_domains else {"dtype": "string", "_type": "Value"},
        "label": {"names": list(classes), "_type": "ClassLabel"},
    }
    schema = pa.schema(
        [
            ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("domain", pa.int64() if numbered_domains else pa.string()),
            ("label", pa.int64()),
        ],
        {"huggingface": json.dumps({"info": {"features": features}})},
    )
    for file, part in zip(files, np.array_split(np.arange(len(rows)), len(files)), strict=True):
        table = [
            {
                "image": rows[k][2],
                "domain": rows[k][0] if numbered_domains else domains[rows[k][0]],
                "label": rows[k][1],
            }
            for k in part
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(table, schema), file, row_group_size=7)


def _write_domains(source, data_root, layout="folder", per_class=4, classes=None, shape=(12, 10)):
    published = source.published
    folder, names = data_root / published.folder, CLASSES[name_of(source)][:classes]
    if layout == "folder":
        write_tree(folder, published.domains, names, per_class, shape)
    else:
        files = [folder / name for name in published.hub.files]
        numbered = source is DomainNet
        write_parquet(files, published.domains, names, per_class, shape, numbered)


# Each takes (data_root, layout="folder" or "parquet", per_class, classes, shape): images of each
# class in each domain, the first so many classes instead of all, height and width of the files.
write_office_home = partial(_write_domains, OfficeHome)
write_pacs = partial(_write_domains, Pacs)
write_domain_net = partial(_write_domains, DomainNet)
# These two have the layout of folders only.
write_vlcs = partial(_write_domains, Vlcs)
write_terra_incognita = partial(_write_domains, TerraIncognita)
