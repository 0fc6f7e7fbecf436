"""The one place where the device is chosen."""

import os

import torch

from DataFoundry.errors import RequestError
from DataFoundry.settings import DEVICE_VARIABLE


def chosen_device() -> torch.device:
    """`DATAFOUNDRY_DEVICE`, or for `auto` (the default) CUDA, then MPS, then the CPU.

    Raises
    ------
    RequestError
        If the variable names a device that is not here.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    wanted = os.environ.get(DEVICE_VARIABLE, "auto").strip().lower()
    if wanted == "auto":
        wanted = next(name for name, there in here.items() if there)
    if not here.get(wanted, False):
        raise RequestError(
            f"{DEVICE_VARIABLE} is {wanted!r}; this machine has {', '.join(k for k, v in here.items() if v)}."
        )
    return torch.device(wanted)
