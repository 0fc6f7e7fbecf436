"""The command line of `datafoundry`."""

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any


def serve(arguments: Sequence[str]) -> int:
    """Start the REST service: `flask_api.py` with the same flags."""
    import flask_api

    flask_api.main(list(arguments))
    return 0


def orchestrator(arguments: Sequence[str]) -> int:
    """Start the orchestrator: `agents/serve_orchestrator.py` with the same flags."""
    from agents import serve_orchestrator

    serve_orchestrator.main(list(arguments))
    return 0


def mcp(arguments: Sequence[str]) -> int:
    """Speak the Model Context Protocol on standard input and output."""
    from context_protocol import stdio

    stdio.main(list(arguments))
    return 0


SERVERS: dict[str, Callable[[Sequence[str]], int]] = {"serve": serve, "orchestrator": orchestrator, "mcp": mcp}


def parser() -> argparse.ArgumentParser:
    """All commands; those of `SERVERS` are here for the help alone."""
    top = argparse.ArgumentParser(
        prog="datafoundry",
        description="Label tables, train generative models, draw synthetic rows, find and repair what is wrong.",
        epilog="Each command works on files of this machine, or on a server with --url. `datafoundry COMMAND --help` "
        "tells more.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="start the REST service on port 5000; the flags of flask_api.py", add_help=False)
    commands.add_parser("orchestrator", help="start the service that one talks to, on port 8000", add_help=False)
    commands.add_parser("mcp", help="be a tool server for agents, over standard input and output", add_help=False)
    for add in (_label, _profile, _train, _generate, _evaluate, _check, _jobs):
        add(commands)
    return top


def _command(commands: Any, name: str, sentence: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=sentence, description=sentence)
    made.add_argument("--url", help="let the server at this address do it, such as http://localhost:5000")
    made.add_argument("--api-key", help="its API key (or the variable DATAFOUNDRY_API_KEY)")
    made.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    return made


def _output(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("-o", "--output", metavar="FILE", help=f"where {what} goes; by default under output_data")


def _reading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--read-options", type=_json, metavar="JSON", help='how to read the table, such as \'{"delimiter": ";"}\''
    )


def _seed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, help="a number that makes the result repeatable")


def _label(commands: Any) -> None:
    command = _command(commands, "label", "label a table with labeling functions")
    command.add_argument("table")
    command.add_argument("--functions", required=True, metavar="FILE", help="a Python file of functions, or JSON")
    command.add_argument("--hand-labels", metavar="TABLE", help="rows labeled by hand, which measure and teach")
    command.add_argument("--label", metavar="COLUMN", help="the column of the hand labels")
    command.add_argument("--classes", type=int, help="number of classes")
    command.add_argument("--aggregator", help="how votes are combined; chosen from the votes by default")
    command.add_argument("--default-label", type=int, metavar="CLASS", help="the class of rows where nobody votes")
    command.add_argument("--predict-uncovered", action="store_true", help="label rows where nobody votes by a model")
    _seed(command)
    _reading(command)
    _output(command, "the labeled table")


def _profile(commands: Any) -> None:
    command = _command(commands, "profile", "tell what the columns, keys and rules of a table are, with a page")
    command.add_argument("table")
    command.add_argument("--label", metavar="COLUMN", help="the column that holds labels")
    command.add_argument("--reference", metavar="TABLE", help="an earlier table, to tell what has changed since")
    _reading(command)
    _output(command, "the page")


def _train(commands: Any) -> None:
    command = _command(commands, "train", "train a model that draws such rows")
    command.add_argument("table")
    command.add_argument("--label", metavar="COLUMN", help="the column that holds labels (default: label)")
    command.add_argument("--model", metavar="TYPE", help="the model type (default: tabular_cvae)")
    command.add_argument("--epochs", type=int, help="passes over the table, at most")
    command.add_argument("--model-params", type=_json, metavar="JSON", help="what config.json calls model_params")
    command.add_argument("--output-dir", metavar="DIR", help="where the model goes; by default under output_data")
    _seed(command)
    _reading(command)


def _generate(commands: Any) -> None:
    command = _command(commands, "generate", "draw synthetic rows from a trained model")
    command.add_argument("config", help="the config.json of the model, or its folder")
    command.add_argument("-n", "--rows", type=int, help="number of rows (default: 1000)")
    command.add_argument("--label", type=_scalar, help="rows of this label alone")
    command.add_argument("--where", type=_json, metavar="JSON", help='such as \'{"age": {"min": 60}}\'')
    _seed(command)
    _output(command, "the synthetic table (.csv or .parquet)")


def _evaluate(commands: Any) -> None:
    command = _command(commands, "evaluate", "compare synthetic rows with real ones")
    command.add_argument("real")
    command.add_argument("synthetic")
    command.add_argument("--holdout", metavar="TABLE", help="real rows that the model never saw")
    command.add_argument("--label", metavar="COLUMN", help="the column that holds labels")
    command.add_argument("--config", metavar="FILE", help="the config.json of the model: its rules and kinds")
    _seed(command)
    _reading(command)
    _output(command, "the report (.json)")


def _check(commands: Any) -> None:
    command = _command(commands, "check", "find everything that is wrong with a table")
    command.add_argument("table")
    command.add_argument("--label", metavar="COLUMN", help="the column that holds labels")
    command.add_argument("--reference", metavar="TABLE", help="a table that is known to be right")
    command.add_argument("--fix", metavar="FILE", help="write the table with the certain repairs made")
    command.add_argument(
        "--remove-duplicates",
        choices=("exact", "except_key", "near"),
        help="with --fix: leave out rows that repeat an earlier one, also in all but the key, or nearly",
    )
    _reading(command)
    _output(command, "the page")


def _jobs(commands: Any) -> None:
    command = _command(commands, "jobs", "list, follow and cancel the jobs of a server, and print their logs")
    command.add_argument("action", nargs="?", choices=("list", "show", "follow", "log", "cancel"), default="list")
    command.add_argument("job", nargs="?", help="the id of one job, for all but list")
    command.add_argument("--state", choices=("queued", "running", "succeeded", "failed", "cancelled"))
    command.set_defaults(url="http://localhost:5000")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON ({error.msg})") from None


def _scalar(text: str) -> Any:
    """A label as it stands in the table: a number or boolean where it reads like one, else a text."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    return text if isinstance(value, dict | list) or value is None else value
