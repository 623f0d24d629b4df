"""`logtell version`."""

import argparse

from agent import __version__

DESCRIPTION = (
    "Print the version, and with --json also those of Python and of what logtell stands on."
)
EXAMPLES = "example: logtell version --json"
_LIBRARIES = ("aiofiles", "hyperscan", "numpy", "orjson", "pydantic", "statsd", "watchdog")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="as one JSON object")


def main(args: argparse.Namespace) -> int:
    """Print the version."""
    if not args.json:
        print(f"logtell {__version__}")
        return 0
    import json
    import platform
    from importlib.metadata import version

    versions = {"logtell": __version__, "python": platform.python_version()}
    print(json.dumps(versions | {name: version(name) for name in _LIBRARIES}))
    return 0
