"""`logtell status`."""

import argparse
import os
import sys
from pathlib import Path

DESCRIPTION = """\
Show what a running agent does: of every source the lines by what became of them, the bytes and
whether they add up, how far it is behind, the files that matter, StatsD, outputs, checkpoint. Asks
the agent over its socket (status.sock in its runtime folder), as root or a member of its group."""
EXAMPLES = """\
examples:
  logtell status
  logtell status --watch 5
  logtell status --json | jq '.sources[] | {name, lag}'

exit codes: 0 all is well, 1 something is wrong (it is said) or no agent answers"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="the answer as it is: one JSON object")
    parser.add_argument(
        "--files", action="store_true", help="all files, not only those that matter"
    )
    parser.add_argument(
        "--watch",
        nargs="?",
        type=_seconds,
        const=2.0,
        metavar="SECONDS",
        help="show it again and again, every 2 s if not said otherwise, until Ctrl-C",
    )
    parser.add_argument(
        "--socket", metavar="FILE", help="the agent's socket; default: where this user's would be"
    )


def main(args: argparse.Namespace) -> int:
    """Ask and show."""
    from agent.asking import NoAnswerError
    from agent.commands.common import complain

    try:
        return _watch(args) if args.watch else _show(args)
    except NoAnswerError as error:
        what, _, fix = str(error).partition("\n")
        complain(what, fix)
        return 1


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.2 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds from 0.2 on")
    return seconds


def _watch(args: argparse.Namespace) -> int:
    import time

    while True:
        if sys.stdout.isatty() and not args.json:
            print("\x1b[H\x1b[2J", end="")  # to the top, and clear
        _show(args)
        sys.stdout.flush()
        time.sleep(args.watch)


def _show(args: argparse.Namespace) -> int:
    from agent.asking import ask, read_answer
    from agent.heartbeat import runtime_folder

    path = Path(args.socket) if args.socket else runtime_folder(os.environ) / "status.sock"
    answer = ask(path, all_files=args.files)
    document = read_answer(answer)
    if args.json:
        print(answer.decode(), end="")
    else:
        from agent.cards import terminal
        from agent.status_page import show_status

        show_status(terminal(), document)
    return 0 if document["well"] else 1
