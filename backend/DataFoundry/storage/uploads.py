"""Files that clients send: whole in one request, or piece by piece.

An upload in one request goes through a temporary file beside its target and appears whole or not at all. One in pieces
is kept in the target's folder as `.<name>.<id>.upload` until its last byte is there; `uploads/.<id>.json` of the output
folder says where. Unfinished ones are swept after `settings.Limits.upload_hours`.
"""

import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from DataFoundry.errors import (
    AlreadyThereError,
    ChecksumError,
    DiskFullError,
    MissingFileError,
    TooLargeError,
    UploadOffsetError,
)
from DataFoundry.settings import limits, state_folder
from DataFoundry.storage import files, journal
from DataFoundry.storage.files import claim_output, whole_file
from DataFoundry.storage.upload_room import UPLOAD_FOLDER, Room, remember, room

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")
_STEP = 2**23  # bytes of unknown size between two looks at the room


@dataclass(frozen=True)
class Wanted:
    """What becomes of the bytes.

    Attributes
    ----------
    target
        A path that `paths.output_path` gave.
    overwrite
        May a file that is there be replaced?
    sha256
        What the bytes must hash to, in hexadecimal; None for anything.
    """

    target: Path
    overwrite: bool = True
    sha256: str | None = None


def receive(wanted: Wanted, pieces: Iterable[bytes], size: int | None) -> dict[str, Any]:
    """Write all of `pieces` to the target; it appears whole or not at all, whatever happens.

    Parameters
    ----------
    size
        Bytes that will come, if the client said so.

    Returns
    -------
    dict
        `path, size, sha256` of the file.

    Raises
    ------
    AlreadyThereError, OutputBusyError, TooLargeError, QuotaError, DiskFullError, ChecksumError, NotDataError
    """
    sweep()
    target, digest, received = wanted.target, hashlib.sha256(), 0
    with room(target.parent, _kept_bytes()) as claimed, claim_output(target), _noted():
        _refuse_existing(wanted)
        claimed.take(size or 0)
        looked = size or 0
        with whole_file(target) as handle:
            for piece in pieces:
                received += len(piece)
                if received > looked:
                    looked = _claim_more(claimed, received)
                digest.update(piece)
                handle.write(piece)
            _refuse_checksum(wanted, digest.hexdigest())
        remember(target)
    return {"path": str(target), "size": received, "sha256": digest.hexdigest()}


@contextmanager
def _noted() -> Iterator[None]:
    """What is not whole when the server is killed is removed at the next start."""
    with ExitStack() as block:
        with suppress(OSError):  # a state folder that cannot be written keeps no one from sending a file
            block.enter_context(journal.keep(state_folder() / journal.FOLDER, uuid.uuid4().hex))
        yield


def _claim_more(claimed: Room, received: int) -> int:
    """Claim a step ahead, so that not every piece is looked at, or what has come where a step is too much."""
    try:
        claimed.take(received + _STEP, received)
    except (TooLargeError, DiskFullError):
        claimed.take(received, received)
        return received
    return received + _STEP


@dataclass(frozen=True)
class Partial:
    """An upload whose last byte has not come yet."""

    identifier: str
    target: str
    total: int
    overwrite: bool
    sha256: str | None
    client: str = ""  # whose it is: the name of a key, empty where there are none

    @property
    def content(self) -> Path:
        """Where its bytes are kept."""
        path = Path(self.target)
        return path.with_name(f".{path.name[:100]}.{self.identifier}.upload")

    @property
    def received(self) -> int:
        """Bytes that are there."""
        try:
            return self.content.stat().st_size
        except FileNotFoundError:
            return 0

    def state(self) -> dict[str, Any]:
        """What clients may know."""
        return {"upload_id": self.identifier, "path": self.target, "received": self.received, "total": self.total}


def begin(wanted: Wanted, total: int, client: str = "") -> Partial:
    """Start an upload of `total` bytes that will come in pieces from `client`.

    Raises
    ------
    AlreadyThereError, TooLargeError, QuotaError, DiskFullError, NotDataError
    """
    sweep()
    _refuse_existing(wanted)
    with room(wanted.target.parent, _kept_bytes()) as claimed:
        claimed.take(total)
        partial = Partial(uuid.uuid4().hex, str(wanted.target), total, wanted.overwrite, wanted.sha256, client)
        files.write_json(_manifest(partial.identifier), asdict(partial))
    return partial


def find(identifier: str) -> Partial:
    """The unfinished upload of that id.

    Raises
    ------
    MissingFileError
        If there is none: finished, removed, swept, or never begun.
    """
    if _IDENTIFIER.fullmatch(identifier):
        try:
            return Partial(**json.loads(files.read_small(_manifest(identifier))))
        except FileNotFoundError:
            pass
    raise missing()


def missing() -> MissingFileError:
    """What is said of an upload that is not there."""
    return MissingFileError("There is no unfinished upload of this id; begin a new one.")


def extend(partial: Partial, start: int, pieces: Iterable[bytes]) -> dict[str, Any] | None:
    """Append what begins at byte `start`; the finished file's `path, size, sha256` once the last byte is there.

    What came before the client broke off is kept; what came before the disk was full is not.

    Raises
    ------
    UploadOffsetError
        If `start` is not where the last piece ended, or the pieces go beyond the end.
    OutputBusyError, AlreadyThereError, ChecksumError, DiskFullError, NotDataError
    """
    with claim_output(partial.content):
        received = find(partial.identifier).received
        if start != received:
            raise UploadOffsetError(
                f"{received} bytes are there; send what begins at byte {received}.", received=received, start=start
            )
        try:
            files.append(partial.content, _bounded(pieces, partial.total - received))
        except (DiskFullError, UploadOffsetError):
            files.shorten(partial.content, received)
            raise
        if partial.received < partial.total:
            return None
        return _finish(partial)


def discard(partial: Partial) -> None:
    """Remove an unfinished upload."""
    with claim_output(partial.content):
        _remove(partial)


def sweep() -> None:
    """Remove unfinished uploads to which nothing was added for `settings.Limits.upload_hours`."""
    oldest = time.time() - limits().upload_hours * 3600
    for partial in _partials():
        manifest = _manifest(partial.identifier)
        if max(_changed(manifest), _changed(partial.content)) < oldest:
            _remove(partial)


def _changed(path: Path) -> float:
    """When a file was last written to, in seconds since 1970; -inf if it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("-inf")


def _finish(partial: Partial) -> dict[str, Any]:
    wanted = Wanted(Path(partial.target), partial.overwrite, partial.sha256)
    digest = files.sha256_of(partial.content)
    try:
        _refuse_checksum(wanted, digest)
    except ChecksumError:
        _remove(partial)  # no piece to come could make it right
        raise
    with claim_output(wanted.target):
        _refuse_existing(wanted)
        files.move(partial.content, wanted.target)
    files.remove_file(_manifest(partial.identifier))
    remember(wanted.target)
    return {"path": partial.target, "size": partial.total, "sha256": digest}


def _bounded(pieces: Iterable[bytes], room_left: int) -> Iterator[bytes]:
    for piece in pieces:
        room_left -= len(piece)
        if room_left < 0:
            raise UploadOffsetError("More bytes came than the upload was begun with; begin a new one.")
        yield piece


def _remove(partial: Partial) -> None:
    files.remove_file(partial.content)
    files.remove_file(_manifest(partial.identifier))


def _manifest(identifier: str) -> Path:
    return UPLOAD_FOLDER / f".{identifier}.json"


def _partials() -> Iterator[Partial]:
    names = os.listdir(UPLOAD_FOLDER) if UPLOAD_FOLDER.is_dir() else []
    for name in names:
        if _IDENTIFIER.fullmatch(name[1:-5]) and name.endswith(".json"):
            try:
                yield find(name[1:-5])
            except MissingFileError:  # finished meanwhile
                continue


def _kept_bytes() -> int:
    return sum(partial.total for partial in _partials())


def _refuse_existing(wanted: Wanted) -> None:
    if not wanted.overwrite and wanted.target.exists():
        raise AlreadyThereError(
            f"{wanted.target.name} is there already; leave If-None-Match out to replace it, or choose another name."
        )


def _refuse_checksum(wanted: Wanted, digest: str) -> None:
    if wanted.sha256 is not None and wanted.sha256.lower() != digest:
        raise ChecksumError(f"The bytes that came hash to {digest}, not to the sha256 given; send the file again.")
