"""`datafoundry COMMAND ...`: parse, run, show."""

import os
import sys
from collections.abc import Sequence

from datafoundry_cli import places
from datafoundry_cli.arguments import SERVERS, parser
from datafoundry_cli.commands import COMMANDS
from datafoundry_cli.workers import Here, There, Worker
from datafoundry_client import ServiceError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 if it went well, 1 if it could not be done (a sentence on standard error says why), 2 for a command line
        that makes no sense, 130 when interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    places.use_service_code()
    if given and given[0] in SERVERS:
        places.work_here(every_folder=False)
        return SERVERS[given[0]](given[1:])
    chosen = parser().parse_args(given)
    try:
        COMMANDS[chosen.command](chosen, _worker(chosen))
    except ServiceError as error:
        print(f"datafoundry {chosen.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing half-written is left.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _worker(chosen: object) -> Worker:
    url = getattr(chosen, "url", None)
    if url:
        return There(url, getattr(chosen, "api_key", None))
    places.work_here(every_folder=True)
    return Here()
