"""What a server is called in the names of sources."""

import re
from collections.abc import Iterator

from agent.nginx_conf import Statement

_MOST_CHARACTERS = 60
_PORT = re.compile(r"(?:.*:)?(\d+)")


def server_name(server: Statement, prefix: str = "") -> str:
    """The first real name of a server, else its port: `example_org`, `port_8080`."""
    name = next((clean(each) for each in _names(server) if clean(each)), "")
    return "_".join(filter(None, (prefix, name or _listens(server))))


def clean(text: str) -> str:
    """Text as a part of the name of a source; empty if nothing of it can be one."""
    return re.sub(r"[^a-z0-9-]+", "_", text.lower())[:_MOST_CHARACTERS].strip("_-")


def _names(server: Statement) -> Iterator[str]:
    for said in server.block:
        if said.directive == "server_name":
            # `_` is the usual name for none; what begins with ~ is a pattern.
            yield from (each for each in said.args if each[:1] != "~" and "$" not in each)


def _listens(server: Statement) -> str:
    address = next((s.args[0] for s in server.block if s.directive == "listen" and s.args), "80")
    if address.startswith("unix:"):
        return clean(address.rpartition("/")[2]) or "unix"
    port = _PORT.fullmatch(address)
    return f"port_{port[1] if port else 80}"  # an address alone is at port 80
