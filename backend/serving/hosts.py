"""Which names the service answers to.

A page may point its own name at this machine (DNS rebinding); to the browser our answers are then that page's own. What
tells such a request is its `Host`: it is the page's name, not one of ours. An address in numbers cannot be taken over
like that.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable

from DataFoundry.errors import ConfigError

VARIABLE = "DATAFOUNDRY_ALLOWED_HOSTS"
_HEADER = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]{0,5})?")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


def add_allowed_hosts(names: Iterable[str]) -> None:
    """Let this process and its children answer to `names`, besides those of the environment."""
    known = os.environ.get(VARIABLE, "").replace(",", " ").split()
    os.environ[VARIABLE] = " ".join([*names, *known])


def allowed_hosts() -> frozenset[str]:
    """The names that the operator gave and those of the machine, lower case; addresses in numbers need not be named.

    Raises
    ------
    ConfigError
        If one is no name of a host.
    """
    named = [_plain(name) for name in os.environ.get(VARIABLE, "").replace(",", " ").split()]
    for name in named:
        if not _NAME.fullmatch(name) and not _is_address(name):
            raise ConfigError(
                f"{VARIABLE}: {name!r} is no name of a host; write for example data.example.com, without port or path."
            )
    return frozenset((*named, "localhost", *_names_of_the_machine()))


def is_allowed(header: str, allowed: frozenset[str]) -> bool:
    """Whether `Host: header` is one of `allowed`, or an address in numbers."""
    found = _HEADER.fullmatch(header.strip().lower())
    return found is not None and (_plain(found[1]) in allowed or _is_address(found[1]))


def named_host(bound: str) -> list[str]:
    """What `--host` says where it is a name: whoever binds to a name is reached by it."""
    return [bound] if bound and not _is_address(bound) else []


def _names_of_the_machine() -> set[str]:
    """What the machine calls itself. The network's name servers are not asked: they may be the attacker's."""
    name = _plain(socket.gethostname())
    return {each for each in (name, name.partition(".")[0], f"{name.partition('.')[0]}.local") if _NAME.fullmatch(each)}


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
