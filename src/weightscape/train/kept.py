"""What the evaluations along a training leave: the best network, the mean of all."""

from collections.abc import Mapping

from torch import Tensor, nn


def copy_of(network: nn.Module) -> dict[str, Tensor]:
    """Return the network's tensors as they are at this moment, on the CPU."""
    return {name: t.detach().cpu().clone() for name, t in network.state_dict().items()}


def mean_with(
    mean: Mapping[str, Tensor], tensors: Mapping[str, Tensor], n: int
) -> dict[str, Tensor]:
    """Return the mean of `n` sets of tensors, of which `mean` is that of all but the last.

    Parameters
    ----------
    mean : mapping of str to torch.Tensor
        The mean so far; not looked at where `n` is 1.
    tensors : mapping of str to torch.Tensor
        The last set. Whole numbers, such as a batch norm's count of batches, are taken from it.
    n : int
        How many sets there are with it.
    """
    return {
        name: mean[name] + (tensor - mean[name]) / n
        if n > 1 and tensor.is_floating_point()
        else tensor
        for name, tensor in tensors.items()
    }
