"""Object stores that speak S3: a file of any kind that is read, or a folder of parts that are one table.

`s3://KEY:SECRET@bucket/folder?endpoint_url=...&region=...`; without a key, what boto3 finds in the environment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from DataFoundry.errors import (
    DataFoundryError,
    DiskFullError,
    ImpossibleError,
    MissingFileError,
    SourceError,
)
from DataFoundry.roots import output_home
from DataFoundry.sources.connected.parts import Part, joined, part_of
from DataFoundry.sources.connected.url import SourceUrl, driver, told
from DataFoundry.storage.files import free_bytes
from DataFoundry.storage.paths import READ_SUFFIXES

_PACKAGE = "s3fs"
_PARTS = (".parquet", ".csv")
_KEPT_FREE = 64 * 2**20
_SECONDS = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 1}}
_TRIES = 2


class S3:
    """A bucket, or a folder of one."""

    def __init__(self, name: str, url: str) -> None:
        self.url = SourceUrl.of(name, url)
        self._root = "/".join(part for part in (self.url.host or "", self.url.path.strip("/")) if part)

    def fetch(self, key: str, folder: Path, rows: int | None) -> Path:
        """As `addresses.Source.fetch`."""
        key = self.url.readable(key) or ""
        with told(self.url), self._connected() as store:
            place = f"{self._root}/{key.strip('/')}"
            if not key.endswith("/") and store.isfile(place):
                return self._fetch_file(store, place, folder)
            parts = list(self._parts(store, place))
            if not parts:
                raise MissingFileError(
                    f"The source {self.url.name!r} has neither a file nor a folder of parts {key!r}; check its name."
                )
            self._refuse_full(store.du(place))
            return joined(parts, folder, lambda part, target: store.get_file(part.place, str(target)))

    def refuse_writing(self) -> None:
        """As `addresses.Source.refuse_writing`."""
        self.url.refuse_writing()

    def publish(self, key: str, file: Path) -> None:
        """As `addresses.Source.publish`: an object appears when all of it is there."""
        self.refuse_writing()
        with told(self.url), self._connected() as store:
            store.put_file(str(file), f"{self._root}/{key}")

    def _fetch_file(self, store: Any, place: str, folder: Path) -> Path:
        name = place.rpartition("/")[2]
        if Path(name).suffix.lower() not in READ_SUFFIXES:
            raise ImpossibleError(f"{name!r} is not one of {', '.join(READ_SUFFIXES)}.")
        self._refuse_full(int(store.size(place) or 0))
        target = folder / name.lstrip(".")
        store.get_file(place, str(target))
        return target

    def _refuse_full(self, size: int) -> None:
        if free_bytes(output_home()) < size + _KEPT_FREE:
            raise DiskFullError(f"The disk has no room for a table of {size} bytes of the source {self.url.name!r}.")

    def _parts(self, store: Any, place: str) -> Iterator[Part]:
        """The files of a folder in the order of their names, without what writers leave beside them (`_SUCCESS`)."""
        for path in sorted(store.find(place)):
            inner = path[len(place) :].strip("/")
            if not any(each.startswith((".", "_")) for each in inner.split("/")) and path.endswith(_PARTS):
                yield part_of(path, inner)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        s3fs = driver(self.url.name, "s3fs", _PACKAGE)
        botocore = driver(self.url.name, "botocore.exceptions", _PACKAGE)
        url, client = self.url, {}
        if "region" in url.options:
            client["region_name"] = url.options["region"]
        try:
            store = s3fs.S3FileSystem(
                key=url.user,
                secret=url.password,
                anon=url.options.get("anon", "no").lower() in ("yes", "true", "1"),
                endpoint_url=url.options.get("endpoint_url"),
                client_kwargs=client,
                config_kwargs=_SECONDS,
                skip_instance_cache=True,  # else the key stays in a table of the process, and old listings with it
                use_listings_cache=False,
            )
            store.retries = _TRIES
            yield store
            return
        except DataFoundryError:
            raise
        except FileNotFoundError:
            problem: DataFoundryError = MissingFileError(
                f"The source {url.name!r} has no such bucket, file or folder; check the name, or ask its operator."
            )
        except (PermissionError, botocore.NoCredentialsError):
            problem = SourceError(
                f"The source {url.name!r} refused the service's credentials or this name; its operator should know."
            )
        except (botocore.BotoCoreError, ConnectionError, TimeoutError):
            problem = SourceError(
                f"The source {url.name!r} cannot be reached, or broke off; nothing was written. Try again later."
            )
        raise problem from None
