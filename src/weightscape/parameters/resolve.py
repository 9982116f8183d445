"""From the tensors of a file to the parameters of the network, as it uses them."""

from collections.abc import Mapping
from dataclasses import replace

from weightscape.checkpoints.checkpoint import Checkpoint, Tensor
from weightscape.parameters.adapters import clean_names, find_adapters, why_no_weight
from weightscape.parameters.made import put
from weightscape.parameters.packed import find_packed
from weightscape.parameters.quantised import find_numberless, find_quantised
from weightscape.parameters.reparametrised import find_reparametrised
from weightscape.parameters.scaled import find_scaled
from weightscape.parameters.tied import find_tied
from weightscape.parameters.wrappers import unwrap


def resolve(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint with its parameters as the network uses them.

    In this order: what wrappers put into names is taken off; codes of few bits are multiplied by
    their scales; weights that a module computes of others are computed; factors of adapters become
    changes; of weights that are shared one name is kept; what has no entries of a weight goes.
    What is computed is read when it is asked for, as all parameters are.

    Parameters
    ----------
    checkpoint : Checkpoint
        As a file holds it.

    Returns
    -------
    Checkpoint
        Its `skipped` also names what is no parameter of its own, with the reason; those of its
        parameters that may be matrices have entries of floating point. What adapters make without
        the weight that they change is among its `changes`.
    """
    checkpoint = _unwrapped(checkpoint)
    names = clean_names(checkpoint.parameters)
    is_peft = any("base_model.model." in name for name in names)
    checkpoint = _renamed(checkpoint, names)
    parameters: Mapping[str, Tensor] = checkpoint.parameters
    skipped = dict(checkpoint.skipped)
    for find in (find_packed, find_scaled, find_quantised, find_reparametrised):
        parameters, others = put(parameters, find(parameters))
        skipped |= others
    made = [
        entry if entry.name not in skipped else entry._replace(weight=skipped[entry.name])
        for entry in find_adapters(parameters, checkpoint.config, is_peft)
    ]
    changes = frozenset(
        entry.name
        for entry in made
        if isinstance(entry.weight, Tensor) and entry.name not in parameters
    )
    parameters, others = put(parameters, made)
    skipped |= others
    skipped |= find_tied(parameters)
    skipped |= find_numberless(parameters)
    if is_peft or "peft_type" in checkpoint.config:
        skipped |= {name: reason for name in parameters if (reason := why_no_weight(name))}
    kept = {name: tensor for name, tensor in parameters.items() if name not in skipped}
    return replace(checkpoint, parameters=kept, skipped=skipped, changes=changes)


def _unwrapped(checkpoint: Checkpoint) -> Checkpoint:
    clean = unwrap(checkpoint.parameters)
    renamed = _renamed(checkpoint, {name: clean(name) for name in checkpoint.parameters})
    classifier = checkpoint.classifier and clean(f"{checkpoint.classifier}.weight")
    return replace(renamed, classifier=classifier and classifier.removesuffix(".weight"))


def _renamed(checkpoint: Checkpoint, names: Mapping[str, str]) -> Checkpoint:
    parameters = {names.get(name, name): tensor for name, tensor in checkpoint.parameters.items()}
    groups = checkpoint.groups and {
        names.get(name, name): n for name, n in checkpoint.groups.items()
    }
    return replace(checkpoint, parameters=parameters, groups=groups)
