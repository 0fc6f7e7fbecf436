"""Files that clients send: in one request, or in pieces that may be interrupted."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from apiflask import APIBlueprint
from flask import Response, jsonify, make_response, request
from werkzeug.exceptions import BadRequest

from api.incoming import Incoming, incoming, piece_of
from api.reply import succeeded
from api.responses import Uploaded, UploadState
from api.schemas import UploadFile
from api.security.access import client, may_see
from api.security.cors import refuse_other_sites
from DataFoundry.errors import ImpossibleError
from DataFoundry.roots import output_home
from DataFoundry.storage import paths, uploads

blueprint = APIBlueprint("uploads", __name__, url_prefix="/api/files/upload", tag="Uploads")
Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.post("")
@blueprint.input(UploadFile, location="query", arg_name="asked")
@blueprint.output(Uploaded, status_code=201)
def upload(asked: UploadFile) -> Answer | Response:
    """Upload one data file, as a form with the part `file` or as raw bytes; it appears whole or not at all.

    `If-None-Match: *` refuses to replace a file. `Content-Range: bytes 0-LAST/TOTAL` sends the first piece of a larger
    file, `bytes */TOTAL` begins with nothing: the answer is 202 with the place to which further pieces are PUT.
    """
    refuse_other_sites()
    piece = piece_of(request)
    sent = incoming(request)
    wanted = uploads.Wanted(_target(asked, sent), overwrite=_may_overwrite(), sha256=asked.sha256)
    if piece is None:
        return _created(uploads.receive(wanted, sent.pieces, sent.size))
    partial = uploads.begin(wanted, piece.total, client())
    return _extended(partial, sent, 0 if piece.start is None else piece.start)


@blueprint.put("/<upload_id>")
@blueprint.output(Uploaded, status_code=201)
def upload_piece(upload_id: str) -> Answer | Response:
    """Send one more piece of an unfinished upload, named by `Content-Range: bytes FIRST-LAST/TOTAL`."""
    refuse_other_sites()
    partial = _seen(upload_id)
    piece = piece_of(request)
    if piece is None or piece.start is None or piece.total != partial.total:
        raise BadRequest(f"Say which piece this is with Content-Range: bytes FIRST-LAST/{partial.total}.")
    return _extended(partial, incoming(request), piece.start)


@blueprint.get("/<upload_id>")
@blueprint.output(UploadState)
def upload_state(upload_id: str) -> Answer:
    """Tell how far an unfinished upload came; HEAD tells it in the header Upload-Offset."""
    state = _seen(upload_id).state()
    return succeeded(_progress(state), state), 200, _place(state)


@blueprint.delete("/<upload_id>")
@blueprint.output(UploadState)
def discard_upload(upload_id: str) -> dict[str, Any]:
    """Remove an unfinished upload."""
    partial = _seen(upload_id)
    state = partial.state()
    uploads.discard(partial)
    return succeeded("The unfinished upload was removed.", state)


def _seen(upload_id: str) -> uploads.Partial:
    """The unfinished upload, if this client may see it; one of another's is as if it were not there."""
    partial = uploads.find(upload_id)
    if not may_see(partial.client):
        raise uploads.missing()
    return partial


def _extended(partial: uploads.Partial, sent: Incoming, start: int) -> Answer | Response:
    finished = uploads.extend(partial, start, sent.pieces)
    if finished:
        return _created(finished)
    state = partial.state()
    return make_response(jsonify(succeeded(_progress(state), state)), 202, _place(state))


def _created(file: dict[str, Any]) -> Answer:
    place = f"/api/files/download?path={quote(file['path'], safe='/')}"
    return succeeded(f"{file['size']} bytes uploaded.", file), 201, {"Location": place}


def _progress(state: dict[str, Any]) -> str:
    return f"{state['received']} of {state['total']} bytes are there."


def _place(state: dict[str, Any]) -> dict[str, str]:
    return {"Location": f"/api/files/upload/{state['upload_id']}", "Upload-Offset": str(state["received"])}


def _target(asked: UploadFile, sent: Incoming) -> Path:
    if asked.path is not None:
        return paths.output_path(asked.path, "path", paths.DATA_SUFFIXES)
    filename = asked.filename or sent.filename
    if not filename:
        raise ImpossibleError(
            "The bytes have no name; send ?filename=NAME or ?path=PATH, or a form whose part 'file' has one."
        )
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]  # some browsers send the path on their machine
    return paths.output_path(f"{output_home() / 'uploads'}/{name}" if name else "", "filename", paths.DATA_SUFFIXES)


def _may_overwrite() -> bool:
    condition = request.headers.get("If-None-Match")
    if condition not in (None, "*"):
        raise BadRequest("If-None-Match must be '*', which refuses to replace a file, or be left out.")
    return condition is None
