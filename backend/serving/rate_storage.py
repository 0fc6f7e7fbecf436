"""Where requests are counted: in this process, or in a Redis that several services share."""

import os

from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from DataFoundry.errors import ConfigError

VARIABLE = "DATAFOUNDRY_RATE_LIMIT_STORAGE"
MEMORY = "memory://"


def rate_storage() -> str:
    """The storage that the operator chose, for example `redis://localhost:6379`.

    Raises
    ------
    ConfigError
        If it is none, or the package that speaks to it is not installed.
    """
    chosen = os.environ.get(VARIABLE) or MEMORY
    if chosen != MEMORY:
        try:
            storage_from_string(chosen)
        except (ConfigurationError, ValueError, TypeError) as error:
            reason = str(error).split("\n", 1)[0].rstrip(".")
            raise ConfigError(f"{VARIABLE} cannot be used: {reason}; leave it out to count in memory.") from None
    return chosen
