"""Where the service's code lies, and which folders the command may use."""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parents[1]


def service_folder() -> Path:
    """The folder of `flask_api.py`: `backend/` in a checkout; where the package was installed, a folder beside it.

    Its packages have plain names (`api`, `jobs`), which must not meet other packages of those names.
    """
    return _HERE if (_HERE / "flask_api.py").is_file() else _HERE / "datafoundry_service"


def use_service_code() -> None:
    """Make the service's packages importable, before all others."""
    folder = str(service_folder())
    if folder not in sys.path:
        sys.path.insert(0, folder)


def work_here(every_folder: bool) -> None:
    """Relative paths and results belong to the folder where the command was started.

    Parameters
    ----------
    every_folder
        Any file of this machine may be named: whoever types the command may open them anyway. A server, whose
        requests come from others, keeps to its data roots.
    """
    os.environ.setdefault("DATAFOUNDRY_HOME", os.getcwd())
    if every_folder:
        from DataFoundry.roots import add_data_roots

        add_data_roots([os.path.abspath(os.sep)])
