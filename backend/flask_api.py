"""DataFoundry's REST service: `python flask_api.py --help`."""

import argparse
import logging
import os
import sys
from typing import Any

from cluster import named_scheduler
from DataFoundry.errors import ConfigError
from DataFoundry.roots import add_data_roots
from DataFoundry.settings import LOCAL_HOSTS, add_sources, limits
from DataFoundry.storage.addresses import check_sources
from serving import flags, keys, logs, sockets
from serving.brokers import check_broker
from serving.devices import check_device
from serving.hosts import add_allowed_hosts, allowed_hosts, named_host
from serving.origins import named_origins
from serving.proxies import trusted_proxies
from serving.rate_storage import rate_storage


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; `arguments` None takes the process's own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--host", default="0.0.0.0", help="Host to bind to")
    parser.add_argument("--port", type=int, default=5000, help="Port to bind to")
    parser.add_argument(
        "--debug", action="store_true", help="Enable debug mode: reload on change, tracebacks in errors"
    )
    flags.add_data_root(parser)
    flags.add_allowed_host(parser)
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=URL",
        help="A database or object store that requests may name as source://NAME/table; may be given several times",
    )
    parser.add_argument(
        "--api-key-file", metavar="FILE", help=f"API keys that may be used (or {keys.FILE_VARIABLE}, {keys.VARIABLE})"
    )
    parser.add_argument(
        "--new-api-key", metavar="NAME", help="Print a fresh API key and its line for the file, and end"
    )
    parser.add_argument("--scopes", default=",".join(keys.USUAL), help="What the key of --new-api-key may do")
    parser.add_argument(
        "--key-root",
        action="append",
        default=[],
        metavar="DIR",
        help="A data root of the key of --new-api-key, in place of those of the service; may be given several times, "
        "behind the first one also for sources that it may use, as source://NAME",
    )
    return parser.parse_args(arguments)


def main(given: list[str] | None = None) -> None:
    """Serve until interrupted; `given` None takes the process's own command line."""
    arguments = parse_arguments(given)
    if arguments.new_api_key is not None:
        _print_new_key(arguments.new_api_key, arguments.scopes, arguments.key_root)
        return
    add_data_roots(arguments.data_root)
    add_allowed_hosts([*arguments.allowed_host, *named_host(arguments.host)])
    add_sources(arguments.source)
    try:
        logs.configure(arguments.debug)
        _check_settings(arguments.api_key_file)
        bound = [] if _reloaded() else sockets.listening_sockets(arguments.host, arguments.port)
    except (ConfigError, ValueError) as error:
        sys.exit(str(error))
    if arguments.host not in LOCAL_HOSTS and not keys.configured_keys() and not _reloaded():
        logging.warning(
            "Anyone who reaches %s:%s can use this service; --host 127.0.0.1 keeps it to this machine.",
            arguments.host,
            arguments.port,
        )
    if arguments.debug:  # tracebacks and reload; never the interactive debugger, which runs code for whoever asks
        for each in bound:
            each.close()
        _debug(arguments.host, arguments.port)
        return
    if os.name == "posix":
        from serving import gunicorn_server as server
    else:
        from serving import waitress_server as server  # type: ignore[no-redef]
    server.serve(_load, bound, lambda: _tell(arguments.host, arguments.port))


def _print_new_key(name: str, scopes: str, roots: list[str]) -> None:
    try:
        key, line = keys.new_key(name, scopes, roots)
    except ConfigError as error:
        sys.exit(str(error))
    print(f"Key, shown this once: {key}\nLine for the key file: {line}")


def _check_settings(key_file: str | None) -> None:
    """Find out now what a setting has wrong."""
    limits()
    named_origins()
    allowed_hosts()
    rate_storage()
    trusted_proxies()
    check_broker()
    named_scheduler()
    check_device()
    check_sources()
    if key_file is not None:
        os.environ[keys.FILE_VARIABLE] = os.path.abspath(key_file)
    keys.configured_keys()


def _load(debug: bool = False) -> Any:
    """The application; imported in the process that answers, not in the one that watches over it."""
    from jobs import service

    service.runner()  # first, as its host imports the same meanwhile; jobs accepted before a restart go on
    from api import create_app

    return create_app(debug)


def _debug(host: str, port: int) -> None:
    """Serve in a process that is started anew on every change; this one only watches over it."""
    from werkzeug.serving import run_simple

    from jobs.worker_host import die_with_parent

    if _reloaded():
        die_with_parent()
    application = _load(debug=True) if _reloaded() else lambda environ, start_response: []
    # By asking for times: watchdog, where it is installed, is woken by every file that anybody opens, and never rests.
    run_simple(host, port, application, use_reloader=True, reloader_type="stat", use_debugger=False, threaded=True)


def _reloaded() -> bool:
    """Is this the process that --debug starts anew on every change, on a socket of its parent?"""
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true"


def _tell(host: str, port: int) -> None:
    logging.info("DataFoundry listens on http://%s:%s (documentation: /docs)", host, port)


if __name__ == "__main__":
    main()
