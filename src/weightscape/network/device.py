"""Where a network runs: device, threads and determinism."""

import os

import torch


def select_device(name: str, threads: int) -> torch.device:
    """Return the device `name`, set up to compute the same on every run.

    Of several GPUs it is the one with the most free memory.

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
    # Filling memory before an operation writes it guards operations that read what they did not
    # write; there is none here, and it takes a tenth of a training step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.set_num_threads(threads)
    if name == "cuda":
        torch.cuda.set_device(_freest([torch.cuda.mem_get_info(k)[0] for k in _gpus()]))
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device(name)


def _gpus() -> range:
    return range(torch.cuda.device_count())


def _freest(free: list[int]) -> int:
    """Return the GPU with the most free memory; of equals, another for every process.

    So jobs that one machine lets run together spread over its GPUs, and several may share one.
    """
    equal = [k for k, bytes_free in enumerate(free) if bytes_free == max(free)]
    return equal[os.getpid() % len(equal)]
