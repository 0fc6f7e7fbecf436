"""Which scheduler the operator named."""

import os
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from DataFoundry.errors import ConfigError
from DataFoundry.settings import DASK_VARIABLE

_MOST_WORKERS = 1_000


@dataclass(frozen=True)
class Scheduler:
    """A scheduler of Dask.

    Attributes
    ----------
    url
        Where it listens; None for workers that are started on this machine, with the job.
    workers
        How many of those.
    """

    url: str | None
    workers: int = 0


def named_scheduler() -> Scheduler | None:
    """`DATAFOUNDRY_DASK_SCHEDULER`: `tcp://host:8786`, `tls://host:8786`, `dask://local` or `dask://local?workers=4`.

    Raises
    ------
    ConfigError
        If it is something else. Whether there is such a scheduler shows when it is needed.
    """
    named = os.environ.get(DASK_VARIABLE, "").strip()
    if not named:
        return None
    url = urlsplit(named)
    if url.scheme in ("tcp", "tls") and _has_port(named):
        return Scheduler(named)
    if url.scheme == "dask" and url.netloc == "local" and not url.path.strip("/"):
        asked = parse_qs(url.query, keep_blank_values=True)
        count = asked.pop("workers", [str(os.cpu_count() or 1)])[-1]
        if not asked and count.isdecimal() and 1 <= int(count) <= _MOST_WORKERS:
            return Scheduler(None, int(count))
    raise ConfigError(
        f"{DASK_VARIABLE} must be tcp://HOST:PORT or tls://HOST:PORT of a scheduler of Dask, or dask://local?workers=N "
        "for N processes of this machine."
    )


def _has_port(named: str) -> bool:
    try:
        return bool(urlsplit(named).hostname) and urlsplit(named).port is not None
    except ValueError:
        return False
