"""
`python -m benchmarks.routes`: what the routes of paths cost, and what memory a million paths take.

Each case is a process of its own: lines of `combined`, in blocks of about 1 MiB, parsed and
measured with the default measures, with and without the one by route, and with own routes. A row
tells the lines a CPU second (of parsing and measuring, not of making the lines), the peak of
resident memory, templates found, and series made.
"""

import argparse
import multiprocessing
import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from agent.measures import Measure, defaults
from agent.tally import Tally
from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import Options, parser_for
from parsers.routes import Router

_LOG_FORMAT = "combined"
_BLOCK_LINES = 8_000  # about 1 MiB
_STATIC = ("/", "/favicon.ico", "/static/app.3f9a1c.js", "/static/main-3f9a1c2b.css", "/login")
_MOST_TEMPLATES = 50_000  # looked for no further: they would be the memory that is measured
_OWN = ("/users/:name", "/users/:name/orders/:id", "/static/*")
Paths = Callable[[], Iterator[str]]


def few() -> Iterator[str]:
    """Ordinary traffic: forty pages and files, and a few hundred products."""
    rng = random.Random(7)
    pages = [*_STATIC, *(f"/pages/{word}" for word in map(_word, range(35)))]
    while True:
        ordinary = rng.random() < 0.7
        yield rng.choice(pages) if ordinary else f"/product/{rng.randrange(300)}/details"


def numbers() -> Iterator[str]:
    """Each path with a number of its own."""
    return (f"/api/v1/orders/{number}/items?page=1" for number in range(1 << 40))


def mixed() -> Iterator[str]:
    """Each path with an id of its own: numbers, UUIDs, hashes, e-mail addresses, tokens, slugs."""
    rng = random.Random(7)
    for number in range(1 << 40):
        bits = f"{rng.getrandbits(128):032x}"
        yield (
            f"/api/v1/orders/{number}",
            f"/v2/carts/{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}/items",
            f"/blobs/{bits}",
            f"/users/user{number}@example.org/avatar.png",
            f"/sessions/Ab{bits[:20]}X",
            f"/static/app.{bits[:8]}.js",
        )[number % 6]


def words() -> Iterator[str]:
    """Each path of words that nobody can tell from a name: the worst case."""
    return (f"/blog/a-post-about-{_word(number)}" for number in range(1 << 40))


CASES: dict[str, Paths] = {"few": few, "numbers": numbers, "mixed": mixed, "words": words}


def _word(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _blocks(paths: Iterator[str], lines: int) -> Iterator[bytes]:
    made = (
        f'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET {path} HTTP/1.1" 200 512 "-"'
        ' "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
        for path in islice(paths, lines)
    )
    while block := "".join(islice(made, _BLOCK_LINES)):
        yield block.encode()


def measure(case: str, lines: int, *, routes: bool, own: Sequence[str] = ()) -> str:
    """Run one case in this process; a row of the table."""
    measures = [each for each in defaults() if routes or each.name != "requests.route"]
    parser = parser_for(_LOG_FORMAT, Options(router=Router(tuple(own))))
    tally, templates, spent_s = Tally(), set[str | None](), 0.0
    for raw in _blocks(CASES[case](), lines):
        began_s = time.process_time()
        batch = parser.parse(Block(raw))
        _apply(measures, batch, tally)
        spent_s += time.process_time() - began_s
        if routes and len(templates) < _MOST_TEMPLATES:
            templates.update(batch.column("route").labels().names)
    series = sum(name.startswith("requests.route.") for name in tally.counters)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    what = f"{'own + ' if own else ''}{'routes' if routes else 'none'}"
    return (
        f"{case:>8} {what:>13} {lines / spent_s / 1e6:>8.2f} M/s {peak_mib:>7.1f} MiB"
        f" {len(templates):>9} {series:>7}"
    )


def _apply(measures: Sequence[Measure], batch: Batch, tally: Tally) -> None:
    for each in measures:
        each.apply(batch, tally, "")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000, help="lines of each case")
    lines = parser.parse_args().lines
    print(
        f"{'paths':>8} {'measured by':>13} {'lines':>12} {'peak':>11}"
        f" {'templates':>9} {'series':>7}"
    )
    spawn = multiprocessing.get_context("spawn")  # so that each peak is of one case alone
    for case in CASES:
        for routes, own in ((False, ()), (True, ()), (True, _OWN)):
            with spawn.Pool(1) as pool:
                row = pool.apply(measure, (case, lines), {"routes": routes, "own": own})
            print(row, flush=True)


if __name__ == "__main__":
    main()
