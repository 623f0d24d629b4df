"""
`python -m benchmarks.parsing`: what parsing costs by format, named and found, mixed and framed.

Milliseconds of CPU for a block of 8,000 lines, the best of the rounds: `parse` and `complete`, both
of which the agent calls. No columns are cut but those that the parser needs for itself.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from benchmarks.generate import LOG_FORMAT, access_lines, error_lines
from parsers.batch import Parser
from parsers.block import Block
from parsers.formats import parser_for

_LINES = 8_000
_TRACEBACK = (
    b"2026-01-22 14:59:12,123 ERROR app.web: failed",
    b"Traceback (most recent call last):",
    b'  File "/srv/app/web.py", line 3, in serve',
    b"    raise ValueError(text)",
    b"ValueError: no such thing",
)
_TIME = "2026-01-02T03:04:05.123456789Z"
Case = tuple[str, str, bytes]  # what it is, the format, the block


def cases() -> Iterator[Case]:
    """The blocks to be parsed."""
    access = [line.rstrip("\n").encode() for line in access_lines(_LINES)]
    errors = [line.rstrip("\n").encode() for line in error_lines(_LINES)]
    both = [(errors if number % 2 else access)[number // 2] for number in range(_LINES)]
    few = [errors[n] if n % 20 == 0 else line for n, line in enumerate(access)]
    odd = [b"no line of any format" if n % 2 else line for n, line in enumerate(access)]
    plain = [
        b"2026-01-02 plain text with nothing else to be known by %d" % n for n in range(_LINES)
    ]
    traces = [line for _ in range(_LINES // len(_TRACEBACK)) for line in _TRACEBACK]
    for what, lines, named in (
        ("access", access, LOG_FORMAT),
        ("error log", errors, "nginx_error"),
        ("plain text", plain, "plain"),
        ("Python tracebacks", traces, "%(asctime)s %(levelname)s %(name)s: %(message)s"),
        *((what, lines, "json") for what, lines in _json_logs()),
        ("logfmt", [_logfmt(number) for number in range(_LINES)], "logfmt"),
    ):
        yield what, named, _block(lines)
        yield what, "auto", _block(lines)
    yield "access, 1 in 20 an error", "auto", _block(few)
    yield "access and errors, half each", "auto", _block(both)
    yield "access, half of no format", "auto", _block(odd)
    yield "access in CRI", "auto", _block([_cri(line) for line in access])
    yield "both in CRI", "auto", _block([_cri(line, n % 2) for n, line in enumerate(both)])
    yield "access in Docker's JSON", "auto", _block([_docker(line) for line in access])
    yield "access in syslog", "auto", _block([b"Jan  2 03:04:05 a nginx: " + x for x in access])


def _json_logs() -> Iterator[tuple[str, list[bytes]]]:
    """As pino (level by number), ECS (dots in keys) and an application with many keys write."""
    yield "JSON as pino writes", [_json(_pino(number)) for number in range(_LINES)]
    yield "JSON as ECS writes", [_json(_ecs(number)) for number in range(_LINES)]
    yield "JSON of 24 keys", [_json(_wide(number)) for number in range(_LINES)]


def _pino(number: int) -> dict[str, object]:
    first = {"level": 30 + 10 * (number % 3), "time": 1767323045000 + number, "pid": 7}
    return first | {"hostname": "a.example.org", "name": "shop", "msg": f"order {number} placed"}


def _ecs(number: int) -> dict[str, object]:
    level = ("INFO", "WARN", "ERROR")[number % 3]
    first: dict[str, object] = {
        "@timestamp": "2026-01-02T03:04:05.123Z",
        "log.level": level,
        "ecs.version": "1.2.0",
    }
    return first | {"message": f"order {number} placed", "log.logger": "org.example.Shop"}


def _wide(number: int) -> dict[str, object]:
    first = {"timestamp": "2026-01-02T03:04:05.123456Z", "severity": "INFO", "logger": "shop.cart"}
    keys = {f"key_{n}": f"value {number * n % 97}" for n in range(18)}
    return first | {"event": "cart changed", "user": {"id": number}, "took": 0.25} | keys


def _json(record: dict[str, object]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _logfmt(number: int) -> bytes:
    return f'time="{_TIME}" level=info msg="order {number} placed" took=0.25 path=/a'.encode()


def _block(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def _cri(line: bytes, stream: int = 0) -> bytes:
    return f"{_TIME} {'stderr' if stream else 'stdout'} F ".encode() + line


def _docker(line: bytes) -> bytes:
    framed = {"log": f"{line.decode()}\n", "stream": "stdout", "time": _TIME}
    return json.dumps(framed, separators=(",", ":")).encode()


def _best_ms(work: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took) * 1e3


def main() -> None:
    """Print a line for each case."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    arguments.add_argument("--rounds", type=int, default=15)
    rounds = arguments.parse_args().rounds
    print(f"{'':30} {'format':12} {'MB':>5} {'parse':>7} {'complete':>8} {'lines/s':>10}")
    for what, log_format, raw in cases():
        parser: Parser = parser_for(log_format, head=raw[: 1 << 16])
        parse_ms = _best_ms(partial(parser.parse, Block(raw)), rounds)
        complete_ms = _best_ms(partial(parser.complete, raw), rounds)
        rate = raw.count(b"\n") / (parse_ms + complete_ms) * 1e3
        name = log_format if len(log_format) < 12 else "named"
        print(
            f"{what:30} {name:12} {len(raw) / 1e6:5.2f} {parse_ms:7.2f} {complete_ms:8.2f}"
            f" {rate:10,.0f}"
        )


if __name__ == "__main__":
    main()
