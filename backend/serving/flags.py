"""Flags of the command line that both servers have."""

import argparse

from serving.hosts import VARIABLE


def add_data_root(parser: argparse.ArgumentParser) -> None:
    """`--data-root DIR`, any number of times."""
    parser.add_argument(
        "--data-root",
        action="append",
        default=[],
        metavar="DIR",
        help="One more folder that requests may read and write; may be given several times",
    )


def add_allowed_host(parser: argparse.ArgumentParser) -> None:
    """`--allowed-host NAME`, any number of times."""
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="One more name that the service is reached by, besides localhost, addresses in numbers and the machine's "
        f"own names (or {VARIABLE}); may be given several times",
    )
