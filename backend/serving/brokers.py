"""The broker of Celery's workers that the operator named, if any."""

import os
from urllib.parse import urlsplit

from DataFoundry.errors import ConfigError
from DataFoundry.settings import BROKER_VARIABLE

KINDS = ("redis", "rediss", "amqp", "amqps", "filesystem")


def check_broker() -> None:
    """Raise ConfigError if a broker is named that is of no known kind; whether it can be reached shows later."""
    named = os.environ.get(BROKER_VARIABLE, "")
    if named and urlsplit(named).scheme not in KINDS:
        raise ConfigError(
            f"{BROKER_VARIABLE} must begin with one of {', '.join(f'{kind}://' for kind in KINDS)}; write for example "
            "redis://localhost:6379/0."
        )
