"""The bytes of an uploaded file as they come in: raw, or as the part `file` of a form; a few MB of them at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.multipart import Epilogue, Event, File, MultipartDecoder, NeedData

from DataFoundry.settings import limits

_BLOCK = 2**20
_BUFFER = 4 * 2**20
_MOST_PARTS = 20
_LONGEST_BOUNDARY = 70  # RFC 2046
_FORM_OVERHEAD = 2**21
_RANGE = re.compile(r"bytes (?:(\*)|(\d{1,18})-(\d{1,18}))/(\d{1,18})")


@dataclass
class Incoming:
    """One file on its way.

    Attributes
    ----------
    filename
        What a form calls it; None for raw bytes.
    pieces
        Its bytes in order.
    size
        Bytes that will come at most, if the client said so.
    """

    filename: str | None
    pieces: Iterator[bytes]
    size: int | None


@dataclass(frozen=True)
class Piece:
    """`Content-Range: bytes start-end/total`, or `bytes */total` where nothing is sent yet."""

    start: int | None
    size: int
    total: int


def incoming(request: Request) -> Incoming:
    """The file that a request sends.

    Raises
    ------
    BadRequest
        If a form has no part `file`, or more than one file.
    """
    request.max_content_length = limits().max_upload_bytes + _FORM_OVERHEAD
    if request.mimetype != "multipart/form-data":
        return Incoming(None, _blocks(request), request.content_length)
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    if not 0 < len(boundary) <= _LONGEST_BOUNDARY:
        raise BadRequest("The form's Content-Type names no usable boundary; send it with an HTTP client.")
    form = _Form(_blocks(request), boundary)
    return Incoming(form.file(), form.content(), request.content_length)


def piece_of(request: Request) -> Piece | None:
    """Which piece of a larger file a request says it sends; None for all of it.

    Raises
    ------
    BadRequest
    """
    text = request.headers.get("Content-Range")
    if text is None:
        return None
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise BadRequest("Content-Range must read 'bytes FIRST-LAST/TOTAL', or 'bytes */TOTAL' to begin with nothing.")
    star, first, last, total = found[1], int(found[2] or 0), int(found[3] or -1), int(found[4])
    if total < 1 or (star is None and not first <= last < total):
        raise BadRequest(f"Content-Range: {text[:100]!r} is no piece of a file of {total} bytes.")
    piece = Piece(None, 0, total) if star else Piece(first, last - first + 1, total)
    if request.mimetype == "multipart/form-data":
        raise BadRequest("Pieces are sent as raw bytes, not as a form; leave the form or the Content-Range out.")
    if request.content_length is not None and request.content_length != piece.size:
        raise BadRequest(f"Content-Range promises {piece.size} bytes, Content-Length {request.content_length}.")
    return piece


def _blocks(request: Request) -> Iterator[bytes]:
    promised, received = request.content_length, 0
    while block := request.stream.read(_BLOCK):
        received += len(block)
        yield block
    if promised is not None and received < promised:  # servers that know where a body ends do not tell this
        raise BadRequest(f"The body ended after {received} of {promised} bytes; send it again.")


class _Form:
    """A form read block by block, up to its file and then on to its end.

    The bytes of the file are looked through here: werkzeug's decoder (3.1.9) adds a carriage return to them if a block
    ends inside the `--` of the last boundary.
    """

    def __init__(self, blocks: Iterator[bytes], boundary: bytes) -> None:
        self._blocks = blocks
        self._boundary = b"--" + boundary
        self._decoder = self._new_decoder()

    def _new_decoder(self) -> MultipartDecoder:
        # Its buffer is bounded, so that a form without any boundary is refused and not gathered.
        return MultipartDecoder(self._boundary[2:], max_form_memory_size=_BUFFER, max_parts=_MOST_PARTS)

    def file(self) -> str:
        """Go on to the part `file`; the file name that it gives."""
        for event in self._events():
            if isinstance(event, File):
                if event.name != "file":
                    raise BadRequest(f"The form has a file {str(event.name)[:100]!r}; name the part 'file'.")
                return event.filename
        raise BadRequest("The form has no part 'file' with a file name; send one.")

    def content(self) -> Iterator[bytes]:
        """The bytes of the file; then the rest of the form is read, since what is cut off must not pass as whole."""
        window = self._decoder.buffer  # begins with the line break that ends the headers
        end = b"\r\n" + self._boundary
        while len(window) < 2:
            self._take(window)
        if not window.startswith(b"\r\n"):
            raise _damaged()
        del window[:2]
        while (found := window.find(end)) < 0:
            if len(window) >= len(end):
                yield bytes(window[: 1 - len(end)])
                del window[: 1 - len(end)]
            self._take(window)
        yield bytes(window[:found])
        self._decoder = self._new_decoder()
        self._decoder.receive_data(bytes(window[found + 2 :]))
        if any(isinstance(event, File) for event in self._events()):
            raise BadRequest("The form has more than one file; send one in each request.")

    def _take(self, window: bytearray) -> None:
        block = next(self._blocks, None)
        if block is None:
            raise _damaged()
        window.extend(block)

    def _events(self) -> Iterator[Event]:
        while True:
            try:
                event = self._decoder.next_event()
                if isinstance(event, NeedData):
                    self._decoder.receive_data(next(self._blocks, None))
                    continue
            except (ValueError, KeyError):  # the decoder's words for a form that ends early or has no names
                raise _damaged() from None
            yield event
            if isinstance(event, Epilogue):
                return


def _damaged() -> BadRequest:
    return BadRequest("The form is damaged, or ends before its last boundary; send it again.")
