"""What browsers are told about our answers: not to guess what they are, nor to run or frame what is in them."""

from flask import Flask, Response

# Nothing is loaded, run, framed or sent: right for JSON and whatever else is no page.
_BARE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE = f"{_BARE}; style-src 'unsafe-inline'; img-src data:"  # a page of ours without scripts
REPORT = f"sandbox; {PAGE}"  # a page made of others' data, in an origin of its own


def register(app: Flask) -> None:
    """Let every answer of `app` carry them; a view that sets one of them otherwise is not overruled."""
    app.after_request(_harden)


def _harden(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if response.mimetype != "text/html":  # each page says for itself what it needs
        response.headers.setdefault("Content-Security-Policy", _BARE)
    return response
