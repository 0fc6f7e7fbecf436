"""Which pages may call the service: none, unless the operator names their origins."""

import os
import re

from DataFoundry.errors import ConfigError

VARIABLE = "DATAFOUNDRY_CORS_ORIGINS"
_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?")


def named_origins() -> list[str]:
    """The origins that the operator named, for example `https://app.example`.

    Raises
    ------
    ConfigError
        If one is no origin.
    """
    origins = os.environ.get(VARIABLE, "").replace(",", " ").split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ConfigError(f"{VARIABLE}: {origin!r} is no origin; write for example https://app.example:8443.")
    return origins
