"""The orchestrator that one talks to: `python backend/agents/serve_orchestrator.py --help`."""

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

if __name__ == "__main__":  # started as a program from any folder: `backend/` is the import root, not `backend/agents/`
    sys.path[:] = [str(Path(__file__).resolve().parents[1]), *(entry for entry in sys.path if entry != sys.path[0])]

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # checkpoints build plain data only; read at import
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # or each thread keeps some; read at import

from agents.orchestrator.service import DATABASE_VARIABLE, Orchestrator, works  # noqa: E402
from agents.wire.app import create_app  # noqa: E402
from context_protocol.http import mount  # noqa: E402
from DataFoundry.errors import ConfigError  # noqa: E402
from DataFoundry.roots import add_data_roots  # noqa: E402
from DataFoundry.settings import LOCAL_HOSTS, limits  # noqa: E402
from serving import flags, keys  # noqa: E402
from serving.devices import check_device  # noqa: E402
from serving.hosts import add_allowed_hosts, named_host  # noqa: E402
from serving.memory import share_memory  # noqa: E402


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; `arguments` None takes the process's own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--host", default="0.0.0.0", help="Host to bind to")
    parser.add_argument("--port", type=int, default=8000, help="Port to bind to")
    parser.add_argument("--database", metavar="FILE", help=f"SQLite file of threads and jobs (or {DATABASE_VARIABLE})")
    flags.add_data_root(parser)
    parser.add_argument(
        "--api-key-file",
        metavar="FILE",
        help=f"API keys that may be used, as those of the API (or {keys.FILE_VARIABLE}, {keys.VARIABLE})",
    )
    flags.add_allowed_host(parser)
    return parser.parse_args(arguments)


def main(given: list[str] | None = None) -> None:
    """Serve until interrupted; `given` None takes the process's own command line."""
    import waitress

    share_memory()
    arguments = parse_arguments(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    add_data_roots(arguments.data_root)
    add_allowed_hosts([*arguments.allowed_host, *named_host(arguments.host)])
    if arguments.api_key_file is not None:
        os.environ[keys.FILE_VARIABLE] = os.path.abspath(arguments.api_key_file)
    try:
        check_device()
        orchestrator = Orchestrator(Path(arguments.database) if arguments.database else None)
        app = create_app(orchestrator)
        mount(app, orchestrator)
        known = keys.configured_keys()
    except (ConfigError, ValueError) as error:
        sys.exit(str(error))
    if arguments.host not in LOCAL_HOSTS and not known:
        logging.warning(
            "Anyone who reaches %s:%s can use the orchestrator; --host 127.0.0.1 keeps it to this machine.",
            arguments.host,
            arguments.port,
        )
    logging.info("The orchestrator listens on http://%s:%s (POST /generate, /mcp)", arguments.host, arguments.port)
    threading.Thread(target=works, daemon=True).start()  # imports what the first request would wait for
    # send_bytes=1: an event is sent when it happens, not when some kilobytes have gathered
    # and with a look ahead, a client that goes away is noticed while it waits
    waitress.serve(
        app,
        host=arguments.host,
        port=arguments.port,
        threads=32,
        send_bytes=1,
        ident="DataFoundry",
        max_request_body_size=limits().max_request_bytes + 2**20,  # what is a little larger gets our own words
        channel_request_lookahead=1,
        _quiet=True,
    )


if __name__ == "__main__":
    main()
