"""Databases that are one file, which lies in a data root."""

from pathlib import Path

from DataFoundry.errors import DataFoundryError, MissingFileError, SourceError
from DataFoundry.roots import confined_to
from DataFoundry.settings import BACKEND
from DataFoundry.sources.connected.url import SourceUrl
from DataFoundry.storage.paths import inside_roots


def database_file(url: SourceUrl, must_exist: bool) -> Path:
    """The file of a database, links resolved.

    Raises
    ------
    SourceError
        If it lies outside the data roots; its place is not told.
    MissingFileError
        If it is not there, though it must be.
    """
    path = Path(url.path)
    try:
        with confined_to(None):  # the operator's choice, whoever may use it
            found = inside_roots(str(path if path.is_absolute() else BACKEND / path), "source")
    except DataFoundryError:
        raise SourceError(
            f"The file of the source {url.name!r} is outside the data roots, or hidden; its operator should move it "
            "or start the service with --data-root."
        ) from None
    if must_exist and not found.is_file():
        raise MissingFileError(f"The file of the source {url.name!r} is not there; its operator should check its URL.")
    return found
