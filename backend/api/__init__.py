"""The HTTP surface: requests are checked here, everything else happens in the library."""

from apiflask import APIFlask
from werkzeug.middleware.proxy_fix import ProxyFix

import console
from api import docs, errors, observability, openapi, security
from api.parsing import JsonRequest, StrictJson
from api.routes import BLUEPRINTS
from DataFoundry import __version__
from DataFoundry.settings import limits
from serving.proxies import trusted_proxies


class DataFoundryApp(APIFlask):
    """APIFlask that reads and writes strict JSON."""

    request_class = JsonRequest
    json_provider_class = StrictJson


def create_app(debug: bool = False) -> APIFlask:
    """The service as a WSGI application.

    Parameters
    ----------
    debug
        Error bodies carry a traceback.
    """
    app = DataFoundryApp(
        "DataFoundry",
        title="DataFoundry",
        version=__version__,
        docs_path=None,
        json_errors=False,
        static_folder=None,  # type: ignore[arg-type]  # Flask's word for: serve none
    )
    app.config.update(
        MAX_CONTENT_LENGTH=limits().max_request_bytes,
        OPENAPI_VERSION="3.1.0",
        AUTO_SERVERS=False,
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        TRACEBACKS=debug,
    )
    observability.register(app)
    security.register(app)
    app.description = "Label raw tables, train generative models, draw synthetic rows, find what is wrong."
    for blueprint in (*BLUEPRINTS, docs.blueprint):
        app.register_blueprint(blueprint)
    errors.register(app)
    openapi.register(app)
    app.wsgi_app = console.mounted(app.wsgi_app, __version__)  # type: ignore[method-assign,assignment]
    if proxies := trusted_proxies():
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    return app
