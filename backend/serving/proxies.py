"""Reverse proxies in front of the service, whose word about the client is believed: none, unless the operator says."""

import os

from DataFoundry.errors import ConfigError

VARIABLE = "DATAFOUNDRY_TRUSTED_PROXIES"
_MOST = 16


def trusted_proxies() -> int:
    """How many proxies a request passes one after another, each adding to `X-Forwarded-For`, `-Proto` and `-Host`.

    What comes from further away than that is the client's own word and not believed.

    Raises
    ------
    ConfigError
    """
    text = os.environ.get(VARIABLE) or "0"
    if not text.isdecimal() or int(text) > _MOST:
        raise ConfigError(f"{VARIABLE} must be a number of proxies, 0 to {_MOST}, not {text!r}.")
    return int(text)
