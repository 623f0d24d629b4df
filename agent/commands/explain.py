"""`logtell explain`."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.rulebook import Rulebook
    from parsers.batch import Parser

DESCRIPTION = """\
Say what a log line means: the sentence, the likely cause, what to check, the remedy, the fields.
A line that no rule knows is shown with the fields that were understood. Without LINE, or with -,
lines are read from standard input; there a traceback may take several lines."""
EXAMPLES = """\
examples:
  logtell explain '7fede0763700 0 -- :/1040921 >> 172.16.17.55:6789/0 pipe(0x7 sd=3).fault'
  tail -1 /var/log/nginx/error.log | logtell explain
  logtell explain --json --format combined - < /var/log/nginx/access.log"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("line", nargs="?", default="-", metavar="LINE", help="the line, or -")
    parser.add_argument(
        "--format",
        default="auto",
        metavar="F",
        help="a format's name, or the text of a log_format; default: found line by line",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON event for every line, in order, also for lines that do not parse",
    )
    parser.add_argument("--rules", action="append", default=[], metavar="FOLDER", help="own rules")


def main(args: argparse.Namespace) -> int:
    """Explain the line, or every line of standard input."""
    from agent.commands.common import complain, parser_or_complain, rulebook_or_complain

    parser = parser_or_complain(args.format)
    if parser is None:
        return 2
    if args.line == "-" and sys.stdin is None:
        complain("standard input is closed", "give a line, or pipe some in")
        return 2
    if args.line == "-" and sys.stdin.isatty():
        print("logtell explain: reading lines from the keyboard; end with Ctrl-D", file=sys.stderr)
    rules = rulebook_or_complain(args.rules)
    if rules is None:
        return os.EX_CONFIG
    return _as_json(args, parser, rules) if args.json else _as_cards(args, parser, rules)


def _as_json(args: argparse.Namespace, parser: "Parser", rules: "Rulebook") -> int:
    from agent.explain import explain_lines

    lines = sys.stdin.buffer if args.line == "-" else [args.line.encode(errors="surrogateescape")]
    for line in explain_lines(lines, parser, rules):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()  # who pipes `tail -f` in wants each event at once
    return 0


def _as_cards(args: argparse.Namespace, parser: "Parser", rules: "Rulebook") -> int:
    from agent.cards import show_card, show_reason, terminal
    from agent.choice import reason
    from agent.explain import explain_text, where_it_parts

    text = (
        sys.stdin.buffer.read() if args.line == "-" else args.line.encode(errors="surrogateescape")
    )
    if not text.strip():
        print("logtell explain: nothing to explain; give a line, or pipe some in", file=sys.stderr)
        return 2
    console = terminal()
    for event in explain_text(text, parser, rules):
        show_card(console, event, where_it_parts(event, parser))
    why = reason(parser, text)
    if why:
        show_reason(console, why)
    return 0
