"""What several commands do alike."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.rulebook import Rulebook
    from parsers.batch import Parser
    from rules.messages import Finding


def parser_or_complain(log_format: str) -> "Parser | None":
    """The parser for `--format`, or None after saying on standard error what is wrong with it."""
    from agent.zones import local_zone, wall_clock
    from parsers.formats import FormatError, Options, parser_for
    from parsers.layout import LayoutError

    try:
        return parser_for(log_format, Options(local_zone(), wall_clock))
    except FormatError as error:
        complain(f"--format: {error.what}", error.fix)
    except LayoutError as error:
        from agent.config import layout_fix

        complain(f"--format: column {error.column}: {error.what}", layout_fix(error))
    return None


def rulebook_or_complain(folders: Sequence[str] = (), off: Sequence[str] = ()) -> "Rulebook | None":
    """The shipped rules and those of `folders`; None after saying what is wrong with the latter."""
    from agent.rulebook import Rulebook

    rules = Rulebook([Path(folder) for folder in folders], off)
    if folders:  # the shipped ones are tested, and wait until a line comes that they could explain
        rules.load()
    show_findings(rules.findings)
    return None if any(each.severity == "error" for each in rules.findings) else rules


def complain(what: str, fix: str) -> None:
    """Say on standard error what is wrong and how to fix it."""
    from agent.console import printable

    print(f"logtell: {printable(what)}\n  fix: {printable(fix)}", file=sys.stderr)


def show_findings(findings: "Sequence[Finding]") -> None:
    """Print findings to standard error, with an empty line between two."""
    for number, finding in enumerate(findings):
        print("\n" * bool(number) + finding.render(), file=sys.stderr)
