"""The protocol over standard input and output, for clients that start the server themselves.

python -m context_protocol.stdio --data-root DIR
"""

import argparse
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # checkpoints build plain data only; read at import

import anyio  # noqa: E402
from mcp.server.stdio import stdio_server  # noqa: E402

from agents.orchestrator.service import DATABASE_VARIABLE, Orchestrator  # noqa: E402
from context_protocol.server import protocol_server  # noqa: E402
from DataFoundry.roots import add_data_roots  # noqa: E402
from serving import flags  # noqa: E402


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line; `arguments` None takes the process's own."""
    parser = argparse.ArgumentParser(description="Serve the Model Context Protocol on standard input and output.")
    parser.add_argument("--database", metavar="FILE", help=f"SQLite file of threads and jobs (or {DATABASE_VARIABLE})")
    flags.add_data_root(parser)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Serve until the client closes standard input."""
    asked = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    add_data_roots(asked.data_root)
    anyio.run(_serve, Path(asked.database) if asked.database else None)


async def _serve(database: Path | None) -> None:
    known: list[Orchestrator] = []

    def orchestrator() -> Orchestrator:
        if not known:
            known.append(Orchestrator(database))
        return known[0]

    server = protocol_server(orchestrator)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    main()
