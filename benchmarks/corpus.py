"""
`python -m benchmarks.corpus --corpus DIR`: real lines of other projects, and what we make of them.

Each row of a corpus goes through the public contract, a `logtell explain --json` process (rows of
several lines: `logtell replay --events`), once with its format named and once with `auto`. A row is
right if every expected field is; each miss is listed with its reason. A row marked `reject` is
right if it does not parse. Of `level.jsonl` only the severity (and a `time`, where one is given) of
a row's first event is judged, and only with `auto`; of whole logs (`loghub/*.log`) how many lines
have a time and a level (`loghub.py`); of `multiline.jsonl` whether its lines are grouped exactly
(`multiline.py`). The corpus is not part of the project: its licences differ.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import loghub, multiline

Event = dict[str, object]
# What an event says for an expected key, and the expected value in the same form.
Check = Callable[[Event, object], tuple[object, object]]
_AUTO = "auto"
_SHOWN_CHARS = 60
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")  # ngx_http_log_escape


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a corpus; empty `expected`: it must parse, and no more is known."""

    id: str
    raw: str
    expected: Mapping[str, object]
    reject: bool
    # Those that a person who knows the log would name; the first that fits counts.
    formats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that came out wrong, and why."""

    row: str
    reason: str


@dataclass(frozen=True, slots=True)
class Material:
    """A file of rows: which formats may be named for one, and how each expected key is checked."""

    file: str
    formats: Callable[[Mapping[str, object]], tuple[str, ...]]
    checks: Mapping[str, Check]
    # What is known of a row; and whether it is judged by its first event, of any format.
    known: Callable[[Mapping[str, Any]], dict[str, object]]
    by_first: bool = False


def _field(*names: str) -> Check:
    """The first of these fields that the event has."""

    def check(event: Event, expected: object) -> tuple[object, object]:
        fields = event["fields"]
        assert isinstance(fields, dict)
        found = (fields[name] for name in names if fields.get(name) is not None)
        return next(found, None), expected

    return check


def _text(*names: str) -> Check:
    """
    A value of an access log, which the corpus has as nginx wrote it.

    Our own may be what nginx escaped, so its escapes are taken from the expected one to compare.
    """

    def check(event: Event, expected: object) -> tuple[object, object]:
        actual, wanted = _field(*names)(event, expected)
        octets = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), str(wanted).encode())
        plain = octets.decode("utf-8", "backslashreplace")
        return actual, plain if actual == plain else wanted

    return check


def _dash(name: str) -> Check:
    """A field that the line leaves out with a `-`."""
    return lambda event, _expected: (_field(name)(event, None)[0], None)


def _number(name: str) -> Check:
    return lambda event, expected: (_field(name)(event, None)[0], float(str(expected)))


def _instant(event: Event, expected: object) -> tuple[object, object]:
    time = event["time"]
    return time and datetime.fromisoformat(str(time)), datetime.fromisoformat(str(expected))


def _wall_clock(event: Event, expected: object) -> tuple[object, object]:
    return str(event["time"])[: len(str(expected))], expected


def _has_offset(expected: object) -> bool:
    return datetime.fromisoformat(str(expected)).tzinfo is not None


def _version(event: Event, expected: object) -> tuple[object, object]:
    return _field("server_protocol")(event, None)[0], f"HTTP/{expected}"


def _level(event: Event, expected: object) -> tuple[object, object]:
    """The word, or where a source has made a number of it (RFC 5424 table 2) the word for that."""
    words = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug")
    return event["level"], words[expected] if isinstance(expected, int) else expected


def _said(key: str) -> Check:
    return lambda event, expected: (event[key], expected)


_ACCESS: Mapping[str, Check] = {
    "remote_addr": _field("remote_addr"),
    "remote_user": _text("remote_user"),
    "remote_user_dash": _dash("remote_user"),
    "time": _instant,
    "method": _field("request_method"),
    # Of a binary request nobody can tell the path; the sources take all of it.
    "path": _text("request_uri", "request"),
    "http_version": _version,
    "status": _field("status"),
    "bytes": _field("body_bytes_sent"),
    "referer": _text("http_referer"),
    "referer_dash": _dash("http_referer"),
    "user_agent": _text("http_user_agent"),
    "user_agent_dash": _dash("http_user_agent"),
    "request_time": _number("request_time"),
    "upstream_addr": _field("upstream_addr"),
    "upstream_status": _field("upstream_status"),
    "upstream_response_time": _field("upstream_response_time"),
    "host": _field("host"),
}
# `trace` is no severity of ours; a time may have an offset or be a wall clock.
_SAID: Mapping[str, Check] = {
    "severity": lambda event, expected: (
        event["severity"],
        {"trace": "debug"}.get(str(expected), expected),
    ),
    "time": lambda event, expected: (
        _instant(event, expected) if _has_offset(expected) else _wall_clock(event, expected)
    ),
}
_ERROR: Mapping[str, Check] = {
    "time": _wall_clock,
    "level": _level,
    "message": _said("message"),
    "cid": _field("connection"),
    "method": _field("request_method"),
    "path": _field("request_uri"),
    **{name: _field(name) for name in ("pid", "tid", "client", "server", "request")},
    **{name: _field(name) for name in ("subrequest", "upstream", "host", "referrer")},
}


# What the person would write into the configuration where no name fits: the formats of fluentd's
# nginx parser, of a log without users, and Nginx Proxy Manager's in its several versions.
_TAIL = '[$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
_NPM_TAIL = "[Client $remote_addr] [Length $body_bytes_sent] [Gzip $gzip_ratio]"
_NPM_AGENT = '"$http_user_agent" "$http_referer"'
_TEXTS = (
    f"$remote_addr $host $remote_user {_TAIL}",
    f'$remote_addr $host $remote_user {_TAIL} "$http_x_forwarded_for"',
    f"$remote_addr $host $remote_user {_TAIL} $http_x_forwarded_for",
    f"$remote_addr - {_TAIL}",
    *(
        f"[$time_local] {status} - $request_method $scheme $host "
        f'"$request_uri" {_NPM_TAIL}{sent} {_NPM_AGENT}'
        for status in ("$status", "$upstream_cache_status $upstream_status $status")
        for sent in ("", " [Sent-to $server]")
    ),
)


# ingress-nginx before it named alternative upstreams, and before that.
_INGRESS_TAIL = (
    "$request_length $request_time [$proxy_upstream_name] $upstream_addr "
    "$upstream_response_length $upstream_response_time $upstream_status"
)
_INGRESS = (
    f"$remote_addr - $remote_user {_TAIL} {_INGRESS_TAIL} $req_id",
    f"$remote_addr - $remote_user {_TAIL} {_INGRESS_TAIL}",
    f"$remote_addr - [$the_real_ip] - $remote_user {_TAIL} {_INGRESS_TAIL} $req_id",
)


def _access_formats(row: Mapping[str, object]) -> tuple[str, ...]:
    if row.get("log_format"):
        return (str(row["log_format"]),)
    names = ("combined", "main", "common", "vhost", "vhost_combined", "vhost_main")
    others = {"npm": ("npmplus", "npm"), "ingress": ("upstreaminfo", *_INGRESS, "json")}
    tried = (*others.get(str(row.get("family")), ()), *names, "npmplus", "npm")
    return (*tried, *(f"syslog:{name}" for name in ("combined", "main")), *_TEXTS, "json")


def _known(row: Mapping[str, Any]) -> dict[str, object]:
    """What is expected, without what the corpus itself takes for mistaken (`suspect`)."""
    expected, suspect = row.get("expected") or {}, row.get("suspect") or ()
    return {key: value for key, value in expected.items() if key not in suspect}


def _known_level(row: Mapping[str, Any]) -> dict[str, object]:
    time = row.get("time") or (row.get("expected") or {}).get("time")
    return {"severity": row["level"], "time": time}


MATERIALS = (
    Material("access.jsonl", _access_formats, _ACCESS, _known),
    Material(
        "nginx_error.jsonl",
        lambda _row: ("nginx_error", "syslog:nginx_error", "cri:nginx_error", "klog"),
        _ERROR,
        _known,
    ),
    Material("level.jsonl", lambda _row: (), _SAID, _known_level, by_first=True),
)


def rows(corpus: Path, material: Material) -> list[Row]:
    """Read the rows of one file."""
    raw = [json.loads(line) for line in (corpus / material.file).read_text().splitlines()]
    return [
        Row(
            each["id"],
            each["raw"],
            material.known(each),
            bool(each.get("reject")),
            material.formats(each),
        )
        for each in raw
        if not material.by_first or each["level"]  # else the corpus does not know either
    ]


def events(texts: Sequence[str], log_format: str) -> list[list[Event]]:
    """What logtell says to each text, by itself."""
    single = [number for number, text in enumerate(texts) if "\n" not in text.rstrip("\n")]
    lines = "".join(f"{texts[number].rstrip()}\n" for number in single)
    found: list[list[Event]] = [[] for _ in texts]
    said = _logtell("explain", "--json", "--format", log_format, "-", given=lines) if lines else []
    assert len(said) == len(single), f"{len(single)} lines, {len(said)} events"
    for number, event in zip(single, said, strict=True):
        found[number] = [event]
    for number in set(range(len(texts))) - set(single):
        found[number] = _replayed(texts[number], log_format)
    return found


def _replayed(text: str, log_format: str) -> list[Event]:
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        file.write(text.rstrip("\n") + "\n")
        file.flush()
        return _logtell("replay", "--quiet", "--format", log_format, "--events", "-", file.name)


def _logtell(*arguments: str, given: str = "") -> list[Event]:
    command = [sys.executable, "-m", "agent.cli", *arguments]
    ran = subprocess.run(
        command,
        input=given.encode(errors="surrogateescape"),
        capture_output=True,
        env={**os.environ, "TZ": "UTC"},  # wall-clock times of the corpus have no zone
        check=False,
    )
    if ran.returncode == 2:
        raise SystemExit(ran.stderr.decode())
    return [json.loads(line) for line in ran.stdout.splitlines()]


def misses(material: Material, corpus: Sequence[Row], *, named: bool) -> list[Miss]:
    """The rows that come out wrong."""
    found = _named(corpus) if named else events([row.raw for row in corpus], _AUTO)
    reasons = [_reason(material, row, said) for row, said in zip(corpus, found, strict=True)]
    pairs = zip(corpus, reasons, strict=True)
    return [Miss(row.id, reason) for row, reason in pairs if reason is not None]


def _named(corpus: Sequence[Row]) -> list[list[Event]]:
    """The events of each row by the first of its formats that it fits, else by the first."""
    best: list[list[Event]] = [[] for _ in corpus]
    for log_format in dict.fromkeys(name for row in corpus for name in row.formats):
        open_rows = [n for n, row in enumerate(corpus) if log_format in row.formats]
        open_rows = [n for n in open_rows if not _is_parsed(best[n])]
        for number, said in zip(
            open_rows, events([corpus[n].raw for n in open_rows], log_format), strict=True
        ):
            if _is_parsed(said) or not best[number]:
                best[number] = said
    return best


def _is_parsed(said: Sequence[Event]) -> bool:
    return len(said) == 1 and bool(said[0]["parsed"]) and said[0]["format"] != "plain"


def _reason(material: Material, row: Row, said: Sequence[Event]) -> str | None:
    """Why a row is wrong; None: it is right."""
    if row.reject:
        return f"parsed as {said[0]['format']}" if _is_parsed(said) else None
    if not said:
        return "no event"
    if len(said) != 1 and not material.by_first:
        return f"{len(said)} events instead of one"
    if not _is_parsed(said) and not material.by_first:
        return f"not parsed (format {said[0]['format']}): {row.raw[:_SHOWN_CHARS]!r}"
    wrong = [
        f"{key}: {actual!r:.{_SHOWN_CHARS}} instead of {wanted!r:.{_SHOWN_CHARS}}"
        for key, expected in row.expected.items()
        if expected is not None
        for actual, wanted in [material.checks[key](said[0], expected)]
        if actual != wanted
    ]
    if wrong and material.by_first:
        wrong.append(f"{row.raw:.{_SHOWN_CHARS}}".replace("\n", " "))
    return "; ".join(wrong) or None


def report(material: Material, corpus: Path) -> dict[str, object]:
    """Measure one file; prints as it goes, and returns the figures."""
    measured = rows(corpus, material)
    shares: dict[str, object] = {"rows": len(measured)}
    for named in (False,) if material.by_first else (True, False):
        wrong = misses(material, measured, named=named)
        right, how = len(measured) - len(wrong), "named" if named else _AUTO
        shares[how] = round(right / len(measured), 4)
        print(
            f"{material.file} {how}: {right} of {len(measured)} right ({right / len(measured):.1%})"
        )
        for miss in wrong:
            print(f"  {miss.row}: {miss.reason}")
    return shares


def main() -> int:
    """Measure what is asked for; exit code 1 if the corpus has none of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", action="append", metavar="FILE", help="measure only this file")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the shares as JSON")
    args = parser.parse_args()
    wanted = [each for each in MATERIALS if not args.only or each.file in args.only]
    there = [each for each in wanted if (args.corpus / each.file).is_file()]
    shares = {each.file: report(each, args.corpus) for each in there}
    if not args.only or "loghub" in args.only:
        shares |= {path.name: loghub.report(path) for path in loghub.logs(args.corpus)}
    several = args.corpus / multiline.FILE
    if several.is_file() and (not args.only or multiline.FILE in args.only):
        shares[multiline.FILE] = multiline.report(several)
    if args.json:
        args.json.write_text(json.dumps(shares, indent=2) + "\n")
    if len(there) < len(wanted):
        missing = Counter(each.file for each in wanted if each not in there)
        print(f"{args.corpus}: has no {', '.join(missing)}", file=sys.stderr)
    return 0 if shares else 1


if __name__ == "__main__":
    sys.exit(main())
