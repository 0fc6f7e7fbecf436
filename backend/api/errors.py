"""Every failure as one JSON body: `error` (a sentence one can act on), `code`, and where there is more, `details`."""

import logging
import re
import traceback

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
    library.DiskFullError: 507,
}

MEANINGS = {
    400: "The request is malformed, or a field is missing, unknown or out of range.",
    403: "The path is outside the data roots, hidden, or not a data file.",
    404: "There is no such file.",
    405: "The route does not take this method.",
    409: "The output is being written by another request, or is also an input.",
    413: "The request or a file is larger than a limit.",
    415: "The body is not JSON.",
    422: "The request is well-formed, but cannot be done with this data.",
    500: "A defect of the service; nothing was written.",
    507: "The disk is full; nothing was written.",
}
_CODES = {400: "invalid_request", 404: "unknown_route", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}


def register(app: Flask) -> None:
    """Let `app` answer every failure with the one body."""
    app.register_error_handler(library.DataFoundryError, _library_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _defect)


def _library_error(error: library.DataFoundryError) -> Response:
    status = STATUS[type(error)]
    if status == 500:
        return _defect(error)
    return _body(error, status, error.message, error.code, error.details)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = _body(error, status, _sentence(error), _CODES.get(status, "http_error"))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _defect(error: Exception) -> Response:
    logger.exception("%s %s failed", request.method, request.path, exc_info=error)
    text = "The service failed on this request through a defect of its own; its log says more."
    return _body(error, 500, text, library.DataFoundryError.code)


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
