"""`logtell selftest`."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from agent.selftest.plan import Order
    from agent.selftest.verdict import Verdict

DESCRIPTION = """\
Prove on this machine that nothing is lost and nothing counted twice: writers in their own processes
write numbered lines to several logs, which are rotated in every way, at random; a real agent that
follows them is restarted and reloaded, StatsD goes away and comes back. At the end events and
counters are compared with what was written. Exits with 0 if all is exact, with 1 on any difference,
and then keeps all files. Nothing outside one temporary folder is touched."""
EXAMPLES = """\
examples:
  logtell selftest
  logtell selftest --minutes 20 --kill
  logtell selftest --kinds copytruncate,down --seed 7 --keep /tmp/proof"""

_MOST_MINUTES = 24 * 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--minutes", type=float, default=1, metavar="M", help="how long it writes (default: 1)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="repeat the sequence of actions of this seed"
    )
    parser.add_argument(
        "--kinds", metavar="K,…", help="only these kinds of rotation (see docs/selftest.md)"
    )
    parser.add_argument(
        "--kill",
        action="store_true",
        help="also end the agent by SIGKILL: events may then repeat, and none may be missing",
    )
    parser.add_argument(
        "--keep", metavar="FOLDER", help="make all files in FOLDER, and keep them in any case"
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")


def main(args: argparse.Namespace) -> int:
    """Run the selftest; 1 on any difference."""
    from agent.commands.common import complain

    order = _order_or_complain(args)
    if order is None:
        return 2
    folder = _folder(args.keep)
    if args.keep and folder.exists() and any(folder.iterdir()):
        complain(f"--keep: {folder} is not empty", "name a folder that is not there yet")
        return 2
    verdict = _run(order, folder)
    kept = bool(args.keep) or not verdict.exact
    if not kept:
        _remove(folder)
    _show(args, order, verdict, str(folder) if kept else "")
    return 0 if verdict.exact else 1


def _order_or_complain(args: argparse.Namespace) -> "Order | None":
    import random

    from agent.commands.common import complain
    from agent.selftest.logs import KINDS
    from agent.selftest.plan import Order

    if not 0.1 <= args.minutes <= _MOST_MINUTES:
        complain(f"--minutes: {args.minutes:g} is not from 0.1 to {_MOST_MINUTES}", "try 1 or 20")
        return None
    kinds = tuple(args.kinds.split(",")) if args.kinds else KINDS
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        complain(f"--kinds: no kind is called {unknown[0]!r}", f"take some of {','.join(KINDS)}")
        return None
    seed = random.SystemRandom().randrange(10_000) if args.seed is None else args.seed
    return Order(args.minutes * 60, seed, kinds, args.kill)


def _folder(keep: str | None) -> "Path":
    import tempfile
    from pathlib import Path

    return Path(keep).absolute() if keep else Path(tempfile.mkdtemp(prefix="logtell-selftest-"))


def _run(order: "Order", folder: "Path") -> "Verdict":
    import sys

    from agent.selftest.page import progress
    from agent.selftest.run import run

    kill = ", with SIGKILLs" if order.kill else ""
    print(
        f"logtell selftest: {order.seconds:.0f} s, seed {order.seed}{kill}, in {folder}",
        file=sys.stderr,
    )
    with progress(order.seconds) as report:
        return run(order, folder, report)


def _remove(folder: "Path") -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _show(args: argparse.Namespace, order: "Order", verdict: "Verdict", kept: str) -> None:
    again = _again(args, order)
    if args.json:
        import json

        from agent.selftest.report import as_json

        print(json.dumps({**as_json(verdict), "folder": kept or None, "again": again}, indent=2))
        return
    from agent.selftest.page import show_verdict

    show_verdict(verdict, again, kept)


def _again(args: argparse.Namespace, order: "Order") -> str:
    kinds = f" --kinds {','.join(order.kinds)}" if args.kinds else ""
    kill = " --kill" if order.kill else ""
    return f"logtell selftest --minutes {args.minutes:g} --seed {order.seed}{kinds}{kill}"
