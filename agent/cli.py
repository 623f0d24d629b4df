"""The `logtell` command: parses arguments and calls one module of `agent.commands`."""

import argparse
import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from agent import __version__

# Exit codes, the same for every command.
OK, FINDINGS, USAGE, CONFIGURATION = 0, 1, 2, os.EX_CONFIG
# New objects between two searches for cycles, and searches between two of older ones. The objects
# of a block live until it is done and hold no cycles: to search them again and again took a fifth
# of a replay of JSON lines (measured: 1.46 s of CPU, now 1.13; Python's own are 700, 10, 10).
_COLLECT_AFTER = (50_000, 20, 100)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

# In the order that `--help` shows them. Each module has DESCRIPTION, EXAMPLES,
# add_arguments(parser) and main(args); it imports what it needs in main, so that `version` and
# `health` start at once.
COMMANDS = {
    "run": "follow logs, explain, measure, until told to stop",
    "replay": "read old logs once, report, exit",
    "explain": "say what a log line means",
    "check": "test the configuration and rule files",
    "init": "write a configuration with all logs of nginx",
    "demo": "show the whole thing on sample logs",
    "selftest": "prove on this machine that nothing is lost and nothing counted twice",
    "status": "show what a running agent does, and whether it adds up",
    "schema": "print the JSON Schema of events, configuration, rules or status",
    "health": "tell whether a running agent is well",
    "version": "print the version",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0, 1 findings, 2 usage, 78 configuration."""
    arguments = sys.argv[1:] if arguments is None else arguments
    args = _parser(arguments).parse_args(arguments)
    # No package that happens to be installed shall hook into our configuration, and to look for
    # such takes pydantic 30 ms of each start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(*_COLLECT_AFTER)
    command = import_module(f"agent.commands.{args.command}")
    try:
        code: int = command.main(args)
        sys.stdout.flush()  # here, where what goes wrong can be said
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `logtell replay … | head` is no error
        _discard_output()
        return OK
    except OSError as error:
        # Commands say what is wrong with files: a full one without a name is standard output.
        if error.errno not in _FULL or error.filename is not None:
            raise
        print(f"logtell: output: {error.strerror}\n  fix: make room there", file=sys.stderr)
        _discard_output()
        return FINDINGS
    return code


def _discard_output() -> None:
    """Give up what is not written yet, so that Python does not try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="logtell",
        description="Reads cryptic logs and tells people and machines what happened.",
        epilog="example: logtell explain < /var/log/nginx/error.log",
    )
    parser.add_argument("--version", action="version", version=f"logtell {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in arguments if word in COMMANDS), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name == wanted:
            module = import_module(f"agent.commands.{name}")
            command.description, command.epilog = module.DESCRIPTION, module.EXAMPLES
            module.add_arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
