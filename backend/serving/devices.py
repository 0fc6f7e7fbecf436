"""The device that a setting names, looked for before the service answers anybody."""

import subprocess
import sys

from DataFoundry.errors import ConfigError
from DataFoundry.settings import DEVICE_VARIABLE, named_device

_HERE = {"cuda": "torch.cuda.is_available()", "mps": "torch.backends.mps.is_available()"}
_SECONDS = 120  # a first look at a GPU may take long


def check_device() -> None:
    """Refuse a setting that names a device which is not here, or which the installed torch does not know.

    A process of its own looks: whoever has looked for a GPU cannot fork any more, as the server does.

    Raises
    ------
    ConfigError
    ValueError
        If the setting is no device at all.
    """
    wanted = named_device()
    if wanted not in _HERE:
        return
    code = f"import torch; print({_HERE[wanted]}, torch.__version__)"
    try:
        looked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{DEVICE_VARIABLE} is {wanted!r}, which gave no answer within {_SECONDS} s.") from None
    there, version = (looked.stdout.split() + ["", ""])[:2]
    if there != "True":
        torch = f"torch {version}" if version else "the installed torch"
        raise ConfigError(
            f"{DEVICE_VARIABLE} is {wanted!r}, and {torch} finds no such device here; set it to auto or cpu, or see "
            "the page 'Use a GPU'."
        )
