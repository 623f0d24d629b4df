"""`logtell health`."""

import argparse
import os

DESCRIPTION = """\
Tell whether the agent on this machine, or in this container, is well: it lives and has flushed
lately. For a container's health check; starts in well under 100 ms."""
EXAMPLES = """\
example: logtell health && echo well

exit codes: 0 well, 1 not"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("-q", "--quiet", action="store_true", help="only the exit code")


def main(args: argparse.Namespace) -> int:
    """Look at the heartbeat."""
    from agent.heartbeat import diagnose, runtime_folder

    well, words = diagnose(runtime_folder(os.environ))
    if not args.quiet:
        print(f"{'well' if well else 'not well'}: {words}")
    return 0 if well else 1
