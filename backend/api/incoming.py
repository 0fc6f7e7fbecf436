"""The bytes of an uploaded file as they come in: raw, or as the part `file` of a form; a few MB of them at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import BadRequest
from werkzeug.sansio.multipart import Data, Epilogue, Event, File, MultipartDecoder, NeedData

from DataFoundry.settings import limits

_BLOCK = 2**20
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
    events = _events(request, boundary)
    for event in events:
        if isinstance(event, File):
            if event.name != "file":
                raise BadRequest(f"The form has a file {event.name[:100]!r}; name the part 'file'.")
            return Incoming(event.filename or "", _content(events), request.content_length)
    raise BadRequest("The form has no part 'file' with a file name; send one.")


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


def _events(request: Request, boundary: bytes) -> Iterator[Event]:
    # The decoder's buffer is bounded, so that a form without any boundary is refused and not gathered.
    decoder = MultipartDecoder(boundary, max_form_memory_size=4 * _BLOCK, max_parts=_MOST_PARTS)
    blocks = _blocks(request)
    while True:
        try:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(next(blocks, None))
                continue
        except (ValueError, KeyError):  # the decoder's words for a form that ends early or has no names
            raise BadRequest("The form is damaged, or ends before its last boundary; send it again.") from None
        yield event
        if isinstance(event, Epilogue):
            return


def _content(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        if isinstance(event, Data):
            yield bytes(event.data)
            if not event.more_data:
                break
    if any(isinstance(event, File) for event in events):  # to the end: what is cut off must not pass as whole
        raise BadRequest("The form has more than one file; send one in each request.")
