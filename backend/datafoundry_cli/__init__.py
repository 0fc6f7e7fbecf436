"""The command `datafoundry`: the library's work on this machine, or a server's with `--url`."""

from datafoundry_cli.main import main

__all__ = ["main"]
