"""DataFoundry's REST service: `python flask_api.py --help`."""

import argparse
import logging

from api import create_app, features
from DataFoundry.settings import add_data_roots
from jobs import service


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; `arguments` None takes the process's own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--host", default="0.0.0.0", help="Host to bind to")
    parser.add_argument("--port", type=int, default=5000, help="Port to bind to")
    parser.add_argument(
        "--debug", action="store_true", help="Enable debug mode: reload on change, tracebacks in errors"
    )
    parser.add_argument(
        "--data-root",
        action="append",
        default=[],
        metavar="DIR",
        help="One more folder that requests may read and write; may be given several times",
    )
    return parser.parse_args(arguments)


def main() -> None:
    """Serve until interrupted."""
    arguments = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    add_data_roots(arguments.data_root)
    app = create_app(debug=arguments.debug)
    service.runner()  # jobs that were accepted before a restart go on
    features.working()  # imports now what the first request to /health would wait for
    if arguments.host not in ("127.0.0.1", "localhost", "::1"):
        logging.warning(
            "Anyone who reaches %s:%s can use this service; --host 127.0.0.1 keeps it to this machine.",
            arguments.host,
            arguments.port,
        )
    if arguments.debug:  # tracebacks and reload; never the interactive debugger, which runs code for whoever asks
        app.run(arguments.host, arguments.port, debug=True, use_debugger=False, threaded=True)
    else:
        import waitress

        logging.info("DataFoundry listens on http://%s:%s (documentation: /docs)", arguments.host, arguments.port)
        waitress.serve(app, host=arguments.host, port=arguments.port, threads=32, ident="DataFoundry", _quiet=True)


if __name__ == "__main__":
    main()
