"""The pre-trained networks of timm."""

from dataclasses import replace

from weightscape.checkpoints.checkpoint import Checkpoint, CheckpointError
from weightscape.checkpoints.groups import find_groups
from weightscape.checkpoints.torch_file import from_tensors

PREFIX = "timm:"


def open_timm(name: str) -> Checkpoint:
    """Return the pre-trained weights of ``timm:<architecture>``, downloaded where not yet kept.

    Raises
    ------
    CheckpointError
        If timm has no such weights, or they cannot be downloaded.
    """
    import timm

    architecture = name.removeprefix(PREFIX)
    if not timm.models.is_model_pretrained(architecture):
        raise CheckpointError(
            f"{name}: timm has no pre-trained weights of this name; "
            f"timm.list_pretrained() gives those it has"
        )
    try:
        model = timm.create_model(architecture, pretrained=True)
    except Exception as error:  # whatever a download can raise
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise CheckpointError(
            f"{name}: its weights are not on this machine and cannot be downloaded; connect to "
            f"the network once, or give a file ({reason})"
        ) from error
    classifier = timm.models.get_pretrained_cfg_value(architecture, "classifier")
    checkpoint = from_tensors(
        name, model.state_dict(), classifier if isinstance(classifier, str) else None
    )
    return replace(checkpoint, groups=find_groups(model))
