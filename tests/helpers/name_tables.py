"""Tables of names with the roles and blocks that follow from them."""

import random

from weightscape.layers.catalogue import catalogue
from weightscape.layers.names import infer_classifier


def check_names(table):
    """Assert that the names of a table have their roles and blocks, in whatever order they come.

    A line is a name, its role and its block, behind which may stand its dimensions (2 when missing)
    and ``bias`` where it has one.
    """
    expected = [line.split() for line in table.strip().splitlines()]
    shapes = {}
    for name, _, _, *more in expected:
        dims = int(more[0]) if more and more[0].isdigit() else 2
        # Sides that are no multiples of one another prove nothing of what is fused.
        shapes[f"{name}.weight"] = (7, 5, 3, 3)[:dims]
        if "bias" in more:
            shapes[f"{name}.bias"] = (7,)
    names = list(shapes)
    random.Random(0).shuffle(names)
    classifier = infer_classifier(name.removesuffix(".weight") for name in names)
    layers = catalogue({name: shapes[name] for name in names}, classifier).layers
    found = {(layer.layer, layer.role, layer.block) for layer in layers}
    assert found == {(name, role, int(block)) for name, role, block, *_ in expected}
    assert [layer.block for layer in layers] == sorted(layer.block for layer in layers)
