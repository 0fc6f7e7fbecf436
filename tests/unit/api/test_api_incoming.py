"""`Content-Range` of a piece, and the bytes of a form whatever the blocks in which they come."""

import io

import pytest
from flask import Flask, request
from hypothesis import assume, example, given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from api import incoming
from api.incoming import Piece, piece_of

APP = Flask("test")


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("bytes 0-2/9", Piece(0, 3, 9)),
        ("bytes 8-8/9", Piece(8, 1, 9)),
        ("bytes */9", Piece(None, 0, 9)),
    ],
)
def test_a_piece(text: str, piece: Piece) -> None:
    with APP.test_request_context(method="PUT", data=b"x" * piece.size, headers={"Content-Range": text}):
        assert piece_of(request) == piece  # type: ignore[arg-type]


WRONG = ["", "bytes", "bytes 0-9/9", "bytes 3-2/9", "bytes 0-2/*", "bytes */0", "items 0-2/9", "bytes -2/9"]
WRONG += ["bytes 0-2/9,3-4/9", "bytes 0-1/9", "bytes 0-3/9", f"bytes 0-2/{'9' * 40}"]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_piece_of_three_bytes(text: str) -> None:
    headers = {"Content-Range": text}
    with APP.test_request_context(method="PUT", data=b"xyz", headers=headers), pytest.raises(BadRequest):
        piece_of(request)  # type: ignore[arg-type]


@example(content=b"x" * 9, block=1)
@example(content=b"\r\n--boun", block=7)
@example(content=b"\n--bound\n", block=3)
@given(content=st.binary(max_size=200), block=st.integers(1, 50))
def test_a_form_gives_its_file_whatever_the_blocks(content: bytes, block: int) -> None:
    head = b'--bound\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    head += b'--bound\r\nContent-Disposition: form-data; name="file"; filename="a b.csv"\r\n\r\n'
    assume(b"\r\n--bound" not in content)
    body = head + content + b"\r\n--bound--\r\n"
    before, incoming._BLOCK = incoming._BLOCK, block
    try:
        kind = "multipart/form-data; boundary=bound"
        with APP.test_request_context(
            method="POST", input_stream=io.BytesIO(body), content_length=len(body), content_type=kind
        ):
            sent = incoming.incoming(request)  # type: ignore[arg-type]
            assert sent.filename == "a b.csv" and b"".join(sent.pieces) == content
    finally:
        incoming._BLOCK = before
