"""Where a network runs: device, threads and determinism."""

import os

import torch


def select_device(name: str, threads: int) -> torch.device:
    """Return the device `name`, set up to compute the same on every run.

    Parameters
    ----------
    name : {"cpu", "cuda"}
        Kind of the device.
    threads : int
        Threads of an operation on the CPU; sums depend on it in their last bits.

    Raises
    ------
    RuntimeError
        If a GPU is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(
            "device: cuda is asked for, but torch finds no GPU here; "
            "set device: cpu in the config or run where a GPU is"
        )
    # cuBLAS reads this when it starts; without it its sums depend on the order of streams.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    torch.set_num_threads(threads)
    return torch.device(name)
