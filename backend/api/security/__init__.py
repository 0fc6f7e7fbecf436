"""Who may do what, how often, and from which pages: one check before every route, whatever routes there are."""

from flask import Flask

from api.security import access, cors, hosts, rates


def register(app: Flask) -> None:
    """Let no request reach a route of `app` unchecked.

    Names that are not ours are refused at once. Requests are then told apart first, counted second and refused third,
    so that guessing keys is counted, too.
    """
    hosts.register(app)
    origins = cors.register(app)
    access.identify(app)
    rates.register(app)
    access.authorize(app, preflights=bool(origins))
