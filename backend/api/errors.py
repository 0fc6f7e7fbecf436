"""Every failure as one JSON body: `error` (a sentence one can act on), `code`, and where there is more, `details`."""

import logging
import re
import traceback
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from DataFoundry import errors as library
from DataFoundry.settings import limits

logger = logging.getLogger(__name__)

STATUS: dict[type[library.DataFoundryError], int] = {
    library.DataFoundryError: 500,
    library.RequestError: 400,
    library.ConfigError: 400,
    library.PathTextError: 400,
    library.ForbiddenPathError: 403,
    library.OutsideDataRootsError: 403,
    library.NotDataError: 403,
    library.MissingFileError: 404,
    library.ConflictError: 409,
    library.OutputBusyError: 409,
    library.OutputIsInputError: 409,
    library.UploadOffsetError: 409,
    library.AlreadyThereError: 412,
    library.RequestRunningError: 409,
    library.JobCancelledError: 409,
    library.JobFinishedError: 409,
    library.TooLargeError: 413,
    library.ImpossibleError: 422,
    library.TableError: 422,
    library.ColumnError: 422,
    library.LabelingFunctionError: 422,
    library.ArtifactError: 422,
    library.UntrustedArtifactError: 422,
    library.IncompatibleArtifactError: 422,
    library.UnknownLabelError: 422,
    library.TrainingError: 422,
    library.UnsupportedModelError: 422,
    library.ChecksumError: 422,
    library.ReusedKeyError: 422,
    library.DiskFullError: 507,
    library.QuotaError: 507,
    library.SourceError: 502,
    library.ClusterError: 503,
    library.MissingJobError: 404,
    library.BusyError: 503,
    library.JobKilledError: 500,
    library.JobTimeoutError: 500,
}

MEANINGS = {
    101: "The connection is a WebSocket from here on.",
    202: "Accepted as a job, as `Prefer: respond-async` asked for; `Location` says where to follow it.",
    204: "There is nothing more to come.",
    400: "The request is malformed, or a field is missing, unknown or out of range.",
    401: "An API key is needed, or this one is not known.",
    403: "The path is outside the data roots, hidden, or not a data file; or the API key lacks the scope.",
    404: "There is no such file or job.",
    405: "The route does not take this method.",
    409: "The output is being written by another request or is also an input; or the job is not in a state for this.",
    412: "The file is there already, and If-None-Match forbids to replace it.",
    413: "The request or a file is larger than a limit.",
    414: "The address is longer than 8,190 bytes.",
    415: "The body is not JSON.",
    421: "The request was sent to a name that is none of the service's.",
    422: "The request is well-formed, but cannot be done with this data.",
    426: "The route speaks WebSocket only.",
    429: "Too many requests in a minute; Retry-After says how many seconds to wait.",
    500: "A defect of the service, or the work was killed or took too long; nothing was written by halves.",
    501: "The server program that runs this cannot do it.",
    502: "A database or object store that the table comes from or goes to failed; nothing was written by halves.",
    503: "The service cannot work now, or has as much to do as it may; the details or `Retry-After` say more.",
    507: "The disk or the quota is full; nothing was written.",
}
_DEFECT = "The service failed on this request through a defect of its own; its log says more."
_CODES = {
    400: "invalid_request",
    404: "unknown_route",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_json",
    416: "range_not_satisfiable",
    426: "websocket_only",
    501: "not_supported",
}
_HEADERS = {"Allow", "Content-Range", "Retry-After", "WWW-Authenticate"}


class HttpProblem(HTTPException):
    """A failure of HTTP itself: a key, a header, a rate.

    Parameters
    ----------
    status
        One of `MEANINGS`.
    name
        The stable code in the body.
    text
        One sentence that says what to do.
    """

    def __init__(
        self,
        status: int,
        name: str,
        text: str,
        headers: Mapping[str, str] | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(text)
        self.code = status
        self.name_in_body = name
        self.details = details
        self._headers = dict(headers or {})

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """The headers that come with the answer."""
        return list(self._headers.items())


def register(app: Flask) -> None:
    """Let `app` answer every failure with the one body."""
    app.register_error_handler(library.DataFoundryError, _library_error)
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Exception, _defect)


def _library_error(error: library.DataFoundryError) -> Response:
    if type(error) is library.DataFoundryError:
        return _defect(error)
    response = _body(error, STATUS[type(error)], error.message, error.code, error.details)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response


def as_data(error: library.DataFoundryError) -> dict[str, object]:
    """An error as part of another body: what its own answer would be, and its status."""
    if type(error) is library.DataFoundryError:
        return {"status": 500, "error": _DEFECT, "code": error.code}
    told = {"status": STATUS[type(error)], "error": error.message, "code": error.code}
    return {**told, "details": error.details} if error.details else told


def answer(error: HTTPException) -> Response:
    """A failure of HTTP as the one body, with the headers that belong to it."""
    status = error.code or 500
    if isinstance(error, HttpProblem):
        response = _body(error, status, error.description or "", error.name_in_body, error.details)
    else:
        response = _body(error, status, _sentence(error), _CODES.get(status, "http_error"))
    for name, value in error.get_headers():
        if name in _HEADERS:
            response.headers[name] = value
    return response


def _defect(error: Exception) -> Response:
    logger.exception("%s %s failed", request.method, request.path, exc_info=error)
    return _body(error, 500, _DEFECT, library.DataFoundryError.code)


def _sentence(error: HTTPException) -> str:
    if isinstance(error, RequestEntityTooLarge):
        return (
            f"The body is larger than {limits().max_request_bytes} bytes; name files by path instead of sending them."
        )
    if error.code == 404:
        return f"There is no {request.path[:200]!r} here; /docs lists every route."
    if error.code == 405:
        methods = ", ".join(sorted(set(getattr(error, "valid_methods", None) or ()) - {"HEAD", "OPTIONS"}))
        return f"{request.path} does not take {request.method}; use {methods}."
    return re.sub(r"\s+", " ", error.description or error.name)


def _body(error: Exception, status: int, text: str, code: str, details: dict[str, object] | None = None) -> Response:
    content: dict[str, object] = {"error": text, "code": code}
    if details:
        content["details"] = details
    if current_app.config.get("TRACEBACKS"):
        content["traceback"] = "".join(traceback.format_exception(error))
    response = jsonify(content)
    response.status_code = status
    return response
