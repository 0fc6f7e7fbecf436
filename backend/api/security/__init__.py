"""Who may do what, how often, and from which pages: one check before every route, whatever routes there are.

Both servers use it: the API, and the orchestrator (`agents.wire`).
"""

from collections.abc import Mapping

from flask import Flask

from api.security import access, cors, headers, hosts, rates


def register(app: Flask, posts: str = "write", needs: Mapping[str, str] = access.NEEDS) -> None:
    """Let no request reach a route of `app` unchecked: it needs the scope that `needs` says, a POST else `posts`.

    Names that are not ours are refused at once. Requests are then told apart first, counted second and refused third,
    so that guessing keys is counted, too.
    """
    headers.register(app)
    hosts.register(app)
    origins = cors.register(app)
    access.identify(app)
    rates.register(app)
    access.authorize(app, preflights=bool(origins), posts=posts, needs=needs)
