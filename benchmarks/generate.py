"""Make the logs the benchmarks read: realistic mixes, the same bytes for the same seed."""

import random
from collections.abc import Iterator
from pathlib import Path

LOG_FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" rt=$request_time urt="$upstream_response_time"'
)

_PATHS = (
    ["/", "/shop", "/shop/cart", "/api/v1/orders", "/api/v1/login", "/health"]
    + [f"/api/v1/orders/{number}" for number in range(4000, 4400)]
    + [f"/static/js/app.{number:08x}.js" for number in range(40)]
    + [f"/search?q=term{number}&page={number % 7}" for number in range(300)]
)
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/129.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
    "curl/8.9.1",
    "kube-probe/1.30",
)
_REFERERS = ("-", "-", "https://example.org/", "https://example.org/shop?from=newsletter")
_STATUSES = (200, 200, 200, 200, 200, 200, 200, 204, 301, 304, 304, 400, 403, 404, 499, 500, 502)
_METHODS = ("GET",) * 14 + ("POST",) * 4 + ("PUT", "DELETE", "HEAD")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def access_lines(count: int, *, seed: int = 7) -> Iterator[str]:
    """Lines in LOG_FORMAT, about 200 bytes each, 40 a second of log time, without newline."""
    draw = random.Random(seed)
    for number in range(count):
        status = draw.choice(_STATUSES)
        took_s = draw.lognormvariate(-3.2, 1.1)
        upstream = f"{took_s * 0.9:.3f}" if status not in (301, 304, 403) else "-"
        request = f"{draw.choice(_METHODS)} {draw.choice(_PATHS)} HTTP/1.1"
        yield (
            f"203.0.113.{draw.randrange(256)} - - [{_stamp(number // 40)}] "
            f'"{request}" {status} {int(draw.lognormvariate(7.5, 1.4))} "{draw.choice(_REFERERS)}" '
            f'"{draw.choice(_AGENTS)}" rt={took_s:.3f} urt="{upstream}"'
        )


def error_lines(count: int, *, seed: int = 7) -> Iterator[str]:
    """nginx error-log lines of a site on a bad day: six kinds, four of which the rules explain."""
    draw = random.Random(seed)
    for number in range(count):
        second = number // 20
        stamp = f"2026/01/{1 + second // 86400:02} {_clock(second)}"
        client = f"client: 203.0.113.{draw.randrange(256)}, server: example.org"
        request = f'request: "GET {draw.choice(_PATHS)} HTTP/1.1"'
        upstream = f'upstream: "http://192.0.2.{draw.randrange(4) + 1}:8000/", host: "example.org"'
        level, text = draw.choice(
            (
                (
                    "error",
                    f"connect() failed (111: Connection refused) while connecting to "
                    f"upstream, {client}, {request}, {upstream}",
                ),
                (
                    "error",
                    f"upstream timed out (110: Connection timed out) while reading response "
                    f"header from upstream, {client}, {request}, {upstream}",
                ),
                (
                    "error",
                    f'open() "/srv/www/{draw.randrange(999)}.html" failed (2: No such file '
                    f'or directory), {client}, {request}, host: "example.org"',
                ),
                (
                    "warn",
                    f"an upstream response is buffered to a temporary file /var/cache/nginx/"
                    f"{number % 10}/{number:010} while reading upstream, {client}, {request}, "
                    f"{upstream}",
                ),
                ("info", f"client 203.0.113.{draw.randrange(256)} closed keepalive connection"),
                ("notice", "signal 17 (SIGCHLD) received from 4711"),
            )
        )
        yield f"{stamp} [{level}] 4711#4711: *{number} {text}"


def write(path: Path, lines: Iterator[str]) -> None:
    """Write `lines` to `path`, each ended by a newline."""
    with path.open("w", encoding="ascii", buffering=1 << 20) as log:
        log.writelines(f"{line}\n" for line in lines)


def _stamp(second: int) -> str:
    day, _ = divmod(second, 86400)
    return f"{1 + day % 28:02}/{_MONTHS[day // 28 % 12]}/2026:{_clock(second)} +0000"


def _clock(second: int) -> str:
    return f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}"
