"""Gates that share a weight with what they gate: those of an MLP, those of a recurrent layer."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from weightscape.layers.operators import Shapes
from weightscape.layers.parts import Part, divide

_LAYERS = re.compile(
    r"(?P<module>(.*\.)?)(?P<name>gate_up_proj|down_proj|input_linear|output_linear)"
    r"(?P<suffix>(\.weight)?)"
)
_SECOND = {"gate_up_proj": "down_proj", "input_linear": "output_linear"}
_RECURRENT = re.compile(r"(?P<module>(.*\.)?)weight_[ih]h(?P<layer>(_l\d+)?(_reverse)?)")
_RECURRENT_GATES = {4: "ifgo", 3: "rzn"}  # LSTM, GRU


class Halves(NamedTuple):
    """How the first layer of an MLP holds a gate and what it multiplies.

    Attributes
    ----------
    size : int
        Outputs of either; 0 where it is one layer, or nothing shows that it is two.
    turned : bool
        Whether both layers of the MLP are stored as inputs by outputs.
    """

    size: int
    turned: bool


def halves(parameter: str, shapes: Shapes) -> Halves:
    """Return how a layer of an MLP lies, or those of stacked experts, which both its layers tell.

    The first has twice as many outputs as the second has inputs, and as many inputs as that has
    outputs. This holds of one order of the sides alone.

    Parameters
    ----------
    parameter : str
        Either layer: `gate_up_proj` or `down_proj`, `input_linear` or `output_linear`.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network.
    """
    match = _LAYERS.fullmatch(parameter)
    for first, second in _SECOND.items():
        if match and match["name"] in (first, second):
            found = [
                shapes.get(f"{match['module']}{name}{match['suffix']}", ())[-2:]
                for name in (first, second)
            ]
            if all(len(sides) == 2 for sides in found):
                (a, b), (c, d) = found
                if (a, b) == (2 * d, c):
                    return Halves(d, turned=False)
                if (a, b) == (d, 2 * c):
                    return Halves(c, turned=True)
    return Halves(0, turned=False)


def gate_parts(
    parameter: str, shapes: Shapes, config: Mapping[str, Any] | None = None
) -> list[Part]:
    """Return where gates lie in a weight that holds several, or a gate and what it multiplies.

    * In `gate_up_proj` (Phi-3, GLM, stacked experts) and `input_linear` (Granite) the gate comes
      first. In the stacked experts of gpt-oss they alternate; these have biases, as those of
      another network that has them one after another, and the configuration has to say which.
    * In the weights of an LSTM they are the gates i, f, g, o, in those of a GRU r, z, n, of which
      the hidden-to-hidden weight shows the number.

    Parameters
    ----------
    parameter : str
        The weight.
    shapes : mapping of str to tuple of int
        Shape of every parameter of the network.
    config : mapping, optional
        What ``config.json`` of transformers says of the network.

    Returns
    -------
    list of Part
        In the order of the rows, those of outputs by inputs; empty where it is to stay whole.

    References
    ----------
    As the networks are in torch 2.15 and transformers 5.24.
    """
    if match := _RECURRENT.fullmatch(parameter):
        recurrent = shapes.get(f"{match['module']}weight_hh{match['layer']}", ())
        projection = shapes.get(f"{match['module']}weight_hr{match['layer']}", recurrent)
        if len(recurrent) != 2 or recurrent[0] % projection[1]:
            return []
        gates = _RECURRENT_GATES.get(recurrent[0] // projection[1], "")
        return divide(dict.fromkeys(gates, projection[1]))
    match = _LAYERS.fullmatch(parameter)
    size = halves(parameter, shapes).size
    if not size or match is None or match["name"] not in _SECOND:
        return []
    kind = (config or {}).get("model_type")
    if kind == "gpt_oss":
        return divide({"gate": 1, "up": 1}, size)
    if f"{parameter}_bias" in shapes and kind != "openai_privacy_filter":
        return []
    return divide({"gate": size, "up": size})
