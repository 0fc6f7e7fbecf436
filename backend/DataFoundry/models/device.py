"""The one place where the device is chosen."""

import torch

from DataFoundry.errors import RequestError
from DataFoundry.settings import DEVICE_VARIABLE, named_device


def chosen_device() -> torch.device:
    """`DATAFOUNDRY_DEVICE`, or for `auto` (the default) CUDA, then MPS, then the CPU.

    Raises
    ------
    RequestError
        If the variable names a device that is not here.
    """
    try:
        wanted = named_device()
    except ValueError as error:
        raise RequestError(str(error)) from None
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        wanted = next(name for name, there in here.items() if there)
    if not here.get(wanted, False):
        raise RequestError(
            f"{DEVICE_VARIABLE} is {wanted!r}; this machine has {', '.join(k for k, v in here.items() if v)}."
        )
    return torch.device(wanted)
