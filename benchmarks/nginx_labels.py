"""
What nginx says of its own lines: `python -m benchmarks.nginx_labels [--requests 2000]`.

Runs the real nginx (tests/nginx_labels.py) and prints, for each of its formats, how many lines of
ordinary and hostile requests were read, how many were left unparsed because they could be cut in
more than one way, how many fields differ from nginx's own JSON log, and which share of ordinary
traffic the vector path carries.
"""

import argparse
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from parsers.block import Block
from parsers.formats import parser_for
from parsers.nginx_access import access_parser
from parsers.scan import cut
from parsers.words import Octets
from tests.nginx_labels import FORMATS, VARIABLES, Labelled, expected, label, writes
from tests.programs import SEARCH_PATH

_SPEED_LINES = 200_000


@dataclass(frozen=True, slots=True)
class Score:
    """How one format was read."""

    unparsed: int
    wrong: int
    vector_share: float
    lines_per_s: float


def main() -> int:
    """Print the table; 1 if a field was wrong."""
    parser = argparse.ArgumentParser(description="What nginx says of its own lines.")
    parser.add_argument("--requests", type=int, default=2000, help="ordinary ones")
    args = parser.parse_args()
    nginx = shutil.which("nginx", path=SEARCH_PATH)
    if not nginx:
        print("nginx is not installed: apt-get install nginx-light", file=sys.stderr)
        return 2
    labelled = label(Path(nginx), args.requests)
    hostile = len(labelled.truth) - labelled.ordinary
    print(f"{labelled.ordinary} ordinary and {hostile} hostile requests\n")
    print(f"{'format':16}{'unparsed':>9}{'wrong':>7}{'vectorised':>12}{'lines/s to columns':>20}")
    scores = {name: score(labelled, name) for name in FORMATS}
    for name, each in scores.items():
        print(
            f"{name:16}{each.unparsed:>9}{each.wrong:>7}{each.vector_share:>12.1%}"
            f"{each.lines_per_s:>20,.0f}"
        )
    return int(any(each.wrong for each in scores.values()))


def score(labelled: Labelled, name: str) -> Score:
    """Read one format's log and compare it."""
    events = parser_for(FORMATS[name]).parse(Block(labelled.log(name))).events()
    unparsed = wrong = 0
    for event, truth in zip(events, labelled.truth, strict=True):
        if not event.parsed:
            unparsed += 1
            continue
        for variable in VARIABLES:
            if writes(name, variable):
                said = event.fields[variable]
                wrong += expected(variable, truth[variable]) != (
                    None if said in ("", "-") else said
                )
    ordinary = labelled.ordinary_log(name)
    found = cut(access_parser(FORMATS[name]).layout, Octets(ordinary))
    return Score(unparsed, wrong, found.vectorised / labelled.ordinary, _speed(name, ordinary))


def _speed(name: str, ordinary: bytes) -> float:
    """Lines a second from bytes to columns; no column is cut or decoded."""
    parser = parser_for(FORMATS[name])
    raw = ordinary * max(1, (1 << 20) // len(ordinary))  # a block as the agent reads them
    lines = raw.count(b"\n")
    began_s = time.process_time()
    for _ in range(max(1, _SPEED_LINES // lines)):
        parser.parse(Block(raw))
    return max(1, _SPEED_LINES // lines) * lines / (time.process_time() - began_s)


if __name__ == "__main__":
    sys.exit(main())
