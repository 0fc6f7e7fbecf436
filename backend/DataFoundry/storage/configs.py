"""Reading a `config.json`."""

import json
from pathlib import Path

from DataFoundry.config import TrainingConfig, parse_config
from DataFoundry.errors import ConfigError, TooLargeError
from DataFoundry.storage.paths import open_for_reading

_MOST_BYTES = 16 * 2**20  # ten thousand columns of long names


def load_config(path: Path) -> TrainingConfig:
    """The checked configuration of a single table in a file that `paths.input_path` gave.

    Raises
    ------
    ConfigError
        If it is not JSON, or a key is missing, unknown or out of range; the message says where.
    TooLargeError
    """
    return parse_config(read_config(path))


def read_config(path: Path) -> object:
    """The content of a `config.json`, not yet checked. Raises ConfigError if it is not JSON, and TooLargeError."""
    with open_for_reading(path) as handle:
        content = handle.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TooLargeError(f"{path.name} has more than {_MOST_BYTES} bytes; this is no configuration.")
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path.name} is not JSON: {error.msg} at line {error.lineno}.", key="") from None
    except (UnicodeDecodeError, RecursionError):
        raise ConfigError(f"{path.name} is not JSON in UTF-8.", key="") from None
