"""What there is to read: tables, profiles, reports and models, each under an address of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from mcp.types import Resource, ResourceTemplate, TextResourceContents

from DataFoundry.errors import MissingFileError, TooLargeError
from DataFoundry.settings import HOME, limits
from DataFoundry.storage.catalog import list_files, open_file
from DataFoundry.storage.paths import TABLE_SUFFIXES
from jobs.operations import OPERATIONS

SCHEME = "datafoundry"
_JSON, _HTML = "application/json", "text/html"
_MOST = 200  # of one kind, newest first; the templates reach the others


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes
    ----------
    takes
        Whether a file is one.
    read
        Its text, from the path.
    """

    title: str
    description: str
    mime: str
    takes: Callable[[Path], bool]
    read: Callable[[str], str]


def _described(path: str) -> str:
    """Not the whole table, which may be of any size: what it holds, and its first rows."""
    return json.dumps(OPERATIONS["dataset.info"].load()(path), ensure_ascii=False, default=str)


def _whole(path: str) -> str:
    """The text of a file."""
    most = limits().max_request_bytes
    file, name = open_file(path)
    with file:
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLargeError(
            f"{name} is larger than {most:,} bytes; fetch it at /api/files/download instead.", limit=most
        )
    return content.decode("utf-8", "replace")


def _config(path: str) -> str:
    """Of a model: its configuration, which names its other files and what its columns are."""
    return _whole(str(Path(path).with_name("config.json")))


KINDS: dict[str, Kind] = {
    "tables": Kind(
        "Table",
        "Rows, columns, types, missing values and the first rows of a table.",
        _JSON,
        lambda path: path.name.endswith(TABLE_SUFFIXES),
        _described,
    ),
    "profiles": Kind(
        "Profile",
        "What each column of a table is, and the rules between columns.",
        _JSON,
        lambda path: path.suffix == ".json" and "profile" in path.stem,
        _whole,
    ),
    "reports": Kind(
        "Report",
        "A page about a table, a check, a comparison or anomalies.",
        _HTML,
        lambda path: path.suffix == ".html",
        _whole,
    ),
    "models": Kind(
        "Model", "The configuration of a trained model.", _JSON, lambda path: path.suffix == ".pth", _config
    ),
}


def resources() -> list[Resource]:
    """The newest files of each kind under the output and testing folders."""
    found: list[Resource] = []
    counts = dict.fromkeys(KINDS, 0)
    for file in list_files():
        path = Path(file["path"])
        for name, kind in KINDS.items():
            if kind.takes(path) and counts[name] < _MOST:
                counts[name] += 1
                shown = _shown(path)
                found.append(
                    Resource(
                        uri=f"{SCHEME}://{name}/{quote(shown)}",
                        name=shown,
                        title=f"{kind.title} {path.name}",
                        description=f"{kind.description} Changed {file['modified']}.",
                        mime_type=kind.mime,
                        size=None if name in ("tables", "models") else int(file["size"]),
                    )
                )
    return found


def templates() -> list[ResourceTemplate]:
    """One for each kind: any file inside the data roots."""
    return [
        ResourceTemplate(
            uri_template=f"{SCHEME}://{name}/{{+path}}",
            name=name,
            title=kind.title,
            description=f"{kind.description} The path is absolute, or relative to backend/.",
            mime_type=kind.mime,
        )
        for name, kind in KINDS.items()
    ]


def read(uri: str) -> TextResourceContents:
    """The resource of an address.

    Raises
    ------
    MissingFileError
        If there is no such kind or file.
    DataFoundryError
        As `storage.paths.input_path`: the data roots hold here, too.
    """
    scheme, _, rest = uri.partition("://")
    name, _, path = rest.partition("/")
    if scheme != SCHEME or name not in KINDS or not path:
        raise MissingFileError(
            f"There is no resource {uri[:200]!r}; addresses are {SCHEME}://KIND/PATH with KIND one of "
            f"{', '.join(KINDS)}.",
            field="uri",
        )
    kind, path = KINDS[name], unquote(path)
    if not kind.takes(Path(path)):
        raise MissingFileError(f"{path[:200]!r} is no file of the kind {name}; list the resources.", field="uri")
    return TextResourceContents(uri=uri, mime_type=kind.mime, text=kind.read(path))


def _shown(path: Path) -> str:
    return path.relative_to(HOME).as_posix() if path.is_relative_to(HOME) else str(path)
