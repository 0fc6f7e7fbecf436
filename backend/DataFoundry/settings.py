"""What the operator sets: device, limits, state. Each has one default, here; data roots are in `roots`."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import quote

BACKEND = Path(__file__).resolve().parents[1]  # where the code lies
HOME_VARIABLE = "DATAFOUNDRY_HOME"


def _home() -> Path:
    """`DATAFOUNDRY_HOME`; else `backend/` of a checkout, or, of an installed package, where the process was started."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return Path(os.path.abspath(named))
    return BACKEND if (BACKEND / "requirements.txt").is_file() else Path.cwd()


HOME = _home()  # relative paths of requests begin here
OUTPUT_FOLDER = HOME / "output_data"
TESTING_FOLDER = HOME / "testing_data"
KEY_FILE_VARIABLE = "DATAFOUNDRY_API_KEY_FILE"
SOURCES_VARIABLE = "DATAFOUNDRY_SOURCES"
DEVICE_VARIABLE = "DATAFOUNDRY_DEVICE"
STATE_VARIABLE = "DATAFOUNDRY_STATE_DIR"
BROKER_VARIABLE = "DATAFOUNDRY_BROKER_URL"
RESULTS_VARIABLE = "DATAFOUNDRY_RESULTS_URL"
DASK_VARIABLE = "DATAFOUNDRY_DASK_SCHEDULER"
DEVICES = ("auto", "cuda", "mps", "cpu")
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")  # of --host: nobody else reaches them

_SOURCE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def limit(default: int, meaning: str) -> int:
    """A dataclass field whose `meaning` is shown to users."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Limits:
    """Bounds on what requests may ask for. `DATAFOUNDRY_<NAME>` (upper case) overrides each."""

    max_request_bytes: int = limit(4 * 2**20, "bytes of one request body")
    max_table_columns: int = limit(10_000, "columns of one table")
    max_cell_bytes: int = limit(16 * 2**20, "bytes of one CSV cell")
    max_unpacked_bytes: int = limit(20 * 2**30, "bytes of a packed table once unpacked")
    max_rows_generated: int = limit(100_000_000, "rows of one generated table")
    max_labeling_functions: int = limit(1_000, "labeling functions in one request")
    max_function_bytes: int = limit(64 * 1024, "bytes of one labeling function's source")
    function_seconds: int = limit(10, "seconds of sandbox time for each labeling function, per 100,000 calls")
    function_memory_bytes: int = limit(256 * 2**20, "bytes of memory for each labeling function")
    max_artifact_bytes: int = limit(2 * 2**30, "bytes of a model or preprocessor file, also once unpacked")
    max_listed_files: int = limit(10_000, "files in one listing")
    max_upload_bytes: int = limit(10 * 2**30, "bytes of one uploaded file")
    upload_quota_bytes: int = limit(100 * 2**30, "bytes of all uploaded files that are still there")
    upload_hours: int = limit(24, "hours that an unfinished upload is kept")
    min_free_bytes: int = limit(256 * 2**20, "bytes of disk that an upload leaves free and `/ready` asks for")
    requests_per_minute: int = limit(12_000, "requests of one key or address in a minute")
    server_threads: int = limit(1_200, "requests under way at once, those that wait for their jobs included")
    stop_seconds: int = limit(25, "seconds that running requests have left when the service is stopped")
    max_running_jobs: int = limit(2, "jobs that run at the same time, and as many short ones beside them")
    max_queued_jobs: int = limit(1_000, "jobs that wait for their turn; more are answered with 503")
    max_job_seconds: int = limit(86_400, "seconds that one job may run")
    max_job_attempts: int = limit(
        10, "times that an accepted job is begun, if its process dies; ten times that if the server does"
    )
    checkpoint_seconds: int = limit(30, "seconds between two states that an interrupted training can go on from")
    max_kept_jobs: int = limit(1_000, "finished jobs whose answers are kept")
    max_event_streams: int = limit(100, "clients that follow jobs by events or WebSocket at the same time")

    @classmethod
    def from_environment(cls) -> "Limits":
        """The defaults, with every `DATAFOUNDRY_<NAME>` that is set in their place.

        Raises
        ------
        ValueError
            If a variable is not a positive whole number.
        """
        chosen = {}
        for each in fields(cls):
            variable = f"DATAFOUNDRY_{each.name.upper()}"
            text = os.environ.get(variable)
            if text is not None:
                if not text.isdecimal() or int(text) == 0:
                    raise ValueError(f"{variable} must be a positive whole number, not {text!r}.")
                chosen[each.name] = int(text)
        return cls(**chosen)


def limits() -> Limits:
    """The limits in force now."""
    return Limits.from_environment()


def named_device() -> str:
    """`DATAFOUNDRY_DEVICE`: auto, cuda, mps or cpu.

    Raises
    ------
    ValueError
        If it is another word.
    """
    name = (os.environ.get(DEVICE_VARIABLE) or "auto").strip().lower()
    if name not in DEVICES:
        raise ValueError(f"{DEVICE_VARIABLE} must be one of {', '.join(DEVICES)}, not {name!r}.")
    return name


def state_folder() -> Path:
    """Where the service keeps its jobs: `DATAFOUNDRY_STATE_DIR`, else a hidden folder that no request can name."""
    return Path(os.path.abspath(os.environ.get(STATE_VARIABLE) or OUTPUT_FOLDER / ".state"))


def add_sources(named: Iterable[str]) -> None:
    """Let requests of this process and its children name sources, each `NAME=URL`, besides those of the environment."""
    known = os.environ.get(SOURCES_VARIABLE, "").splitlines()
    os.environ[SOURCES_VARIABLE] = "\n".join([*known, *named])


def named_sources() -> dict[str, str]:
    """The URL of each database and object store that the operator named, one `NAME=URL` a line.

    `${VARIABLE}` in a URL stands for what the environment has under that name, percent-encoded, so that no password
    needs to be on a command line.

    Raises
    ------
    ValueError
        If a line is no name and URL, or a variable is not set. The message holds nothing of a URL.
    """
    found = {}
    for number, line in enumerate(filter(str.strip, os.environ.get(SOURCES_VARIABLE, "").splitlines()), 1):
        name, parted, url = line.strip().partition("=")
        if not parted or not _SOURCE_NAME.fullmatch(name) or "://" not in url:
            raise ValueError(
                f"Line {number} of the sources is not NAME=URL; a name has letters, digits, - and _ only, and a URL "
                "begins with postgresql://, mysql://, sqlite:///, duckdb:/// or s3://."
            )
        found[name] = _VARIABLE.sub(_from_environment, url)
    return found


def _from_environment(found: re.Match[str]) -> str:
    value = os.environ.get(found[1])
    if value is None:
        raise ValueError(f"A source needs the variable {found[1]}, which is not set in the environment.")
    return quote(value, safe="")
