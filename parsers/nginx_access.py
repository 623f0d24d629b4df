"""nginx access logs in any `log_format`, read by column."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from parsers.attempts import Attempts
from parsers.batch import Batch, dense_dicts, whole_lines
from parsers.block import Block
from parsers.columns import Column, Labels, Memo, Objects, Texts, Value
from parsers.layout import Layout, LayoutError, Literal, Slot, Token, compile_layout
from parsers.nginx_variables import SHAPES, Kind, kind_of
from parsers.scan import cut
from parsers.severity import Severity
from parsers.timestamps import clf_time, epoch_time, iso_time
from parsers.words import Bools, Octets, Octets8, all_capitals

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# `GET /path HTTP/1.1`; HTTP/0.9 has no protocol. nginx takes [A-Z_-] as a method
# (ngx_http_parse_request_line), and a path may hold spaces.
_REQUEST = re.compile(rb"([A-Z_-]+) (.*?)(?: (HTTP/\d(?:\.\d)?))?", re.DOTALL)
# ` HTTP/1.` with any digit for the 1, as one load.
_VERSION = np.uint64(int.from_bytes(b" HTTP/\0.", "little"))
_VERSION_MASK = np.uint64(0xFF00FFFFFFFFFFFF)
_REQUEST_PARTS = ("request_method", "request_uri", "server_protocol")
_CLASSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx", None)

# What a status means for the operator: 499 (the client left) and 404 (it does not exist) are noise.
DEFAULT_SEVERITIES: Mapping[str, Severity] = {
    "5xx": Severity.ERROR,
    "4xx": Severity.WARNING,
    "499": Severity.NOTICE,
    "404": Severity.NOTICE,
}


@dataclass(frozen=True, slots=True)
class AccessParser:
    """Reads one `log_format`; build it with `access_parser`."""

    name: str
    layout: Layout
    fields: tuple[str, ...]
    # A Severity for every status from 0 to 999.
    severities: Octets8

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return whole_lines(raw)

    def parse(self, block: Block) -> Batch:
        """Find all variables of all lines; what does not fit is marked unparsed."""
        octets = Octets(block.raw)
        found = cut(self.layout, octets)
        columns: dict[str, Column] = {
            f"${name}": Texts(octets, starts, ends, b"-")
            for name, (starts, ends) in found.slots.items()
        }
        severity = self._severity(found.fits, columns)
        return Batch(
            block,
            octets,
            self.name,
            found.starts,
            found.ends,
            found.fits,
            severity,
            self,
            columns,
        )

    def _severity(self, fits: Bools, columns: dict[str, Column]) -> Octets8:
        severity = np.full(len(fits), int(Severity.INFO), np.uint8)
        status = columns.get("$status")
        if isinstance(status, Texts):
            codes = status.integers()
            columns["status"] = codes
            # Three digits, so below 1000, where the line fits.
            found = np.where(codes.present, codes.found, 0)
            np.copyto(severity, self.severities[found], where=codes.present)
        return severity

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a variable, a part of the request, or the derived `path` and `status_class`."""
        variable = batch.columns.get(f"${name}")
        if isinstance(variable, Texts):
            return _typed(variable, kind_of(name))
        return _CUTS[name](batch)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All variables of the format, and the parts of the request."""
        return dense_dicts(batch, self.fields)


def access_parser(
    log_format: str = COMBINED,
    *,
    name: str = "nginx_access",
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
) -> AccessParser:
    """
    Compile the text of an nginx `log_format` (without the `log_format` directive and its name).

    `severities` gives severities by status (`404`) or class (`5xx`); what it leaves out is info.
    Raises LayoutError, with the column, if nothing separates two variables of unknown width.
    """
    tokens = _tokens(log_format)
    try:
        layout = compile_layout(tokens)
    except ValueError as error:
        raise LayoutError(str(error), _column_of_touching(log_format)) from None
    names = list(dict.fromkeys(slot.name for slot in layout.slots))
    if not names:
        raise LayoutError("a log format needs at least one $variable", 1)
    if "request" in names:
        names += [part for part in _REQUEST_PARTS if part not in names]
    return AccessParser(name, layout, tuple(names), _severity_table(severities))


def _tokens(log_format: str) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for match in _VARIABLE.finditer(log_format):
        if match.start() > end:
            tokens.append(Literal(log_format[end : match.start()].encode()))
        name = match[1] or match[2]
        tokens.append(Slot(name, SHAPES.get(kind_of(name), b"")))
        end = match.end()
    if end < len(log_format):
        tokens.append(Literal(log_format[end:].encode()))
    return tokens


def _column_of_touching(log_format: str) -> int:
    """The 1-based column of the first variable that nothing separates from the one before it."""
    end = -1
    for match in _VARIABLE.finditer(log_format):
        if match.start() == end:
            return end + 1
        fixed = kind_of(match[1] or match[2]) in SHAPES
        end = -1 if fixed else match.end()
    return 1


def _severity_table(severities: Mapping[str, Severity]) -> Octets8:
    table = np.full(1000, int(Severity.INFO), np.uint8)
    # Classes before single statuses, so that `404` wins over `4xx` in whatever order they stand.
    for status, severity in sorted(severities.items(), key=lambda item: item[0][1:] != "xx"):
        first = int(status[0]) * 100 if status[1:] == "xx" else int(status)
        table[first : first + (100 if status[1:] == "xx" else 1)] = int(severity)
    return table


def _typed(texts: Texts, kind: Kind) -> Column:
    match kind:
        case Kind.INTEGER | Kind.STATUS:
            return texts.integers()
        case Kind.DECIMAL:
            return texts.numbers()
        case Kind.ATTEMPTS:
            return Attempts(texts)
        case _:
            return texts


def _time(batch: Batch) -> Column:
    local, iso = batch.columns.get("$time_local"), batch.columns.get("$time_iso8601")
    if isinstance(local, Texts):
        return Memo(local, clf_time)
    if isinstance(iso, Texts):
        return Memo(iso, iso_time(None))
    msec = batch.columns.get("$msec")
    if isinstance(msec, Texts):
        numbers = msec.numbers()
        rows = zip(numbers.found.tolist(), numbers.present.tolist(), strict=True)
        return Objects([epoch_time(seconds) if present else None for seconds, present in rows])
    return Objects([None] * len(batch))


def _no_level(batch: Batch) -> Column:
    return Labels(np.zeros(len(batch), np.int64), (None,))


def _message(batch: Batch) -> Column:
    """The request and its status; all of a record that did not fit."""
    records = batch.records()
    if "$request" not in batch.columns:
        return records
    messages: list[Value] = [each or "-" for each in batch.column("request").values()]
    if "$status" in batch.columns:
        statuses = batch.column("status").values()
        pairs = zip(messages, statuses, strict=True)
        messages = [f"{request} {status}" for request, status in pairs]
    for row in np.flatnonzero(~batch.parsed).tolist():
        messages[row] = records.value(row)
    return Objects(messages)


def _request_parts(batch: Batch) -> None:
    """Cut `$request` in three; empty or binary requests have no parts."""
    request = batch.columns["$request"]
    assert isinstance(request, Texts)
    octets, starts, ends = request.octets, request.starts, request.ends
    space = octets.find(ord(" "), starts, ends)
    last = ends - len(" HTTP/1.1")
    plain = (starts >= 0) & (last > space) & (octets.load(last) & _VERSION_MASK == _VERSION)
    for octet in (-1, -3):
        plain &= octets.bytes[ends + octet] - np.uint8(ord("0")) < 10
    plain &= all_capitals(octets.load(np.maximum(starts, 0)), space - starts)
    spans = [(starts, space), (space + 1, last), (last + 1, ends)]
    spans = [(np.where(plain, start, -1), np.where(plain, end, -1)) for start, end in spans]
    for row in np.flatnonzero(~plain & (starts >= 0)).tolist():
        if match := _REQUEST.fullmatch(octets.raw, int(starts[row]), int(ends[row])):
            for (part_starts, part_ends), (start, end) in zip(spans, match.regs[1:], strict=True):
                part_starts[row], part_ends[row] = start, end
    for name, (part_starts, part_ends) in zip(_REQUEST_PARTS, spans, strict=True):
        batch.columns.setdefault(name, Texts(octets, part_starts, part_ends))


def _request_part(name: str) -> "Cut":
    def cut_part(batch: Batch) -> Column:
        if "$request" not in batch.columns:
            raise KeyError(name)
        _request_parts(batch)
        return batch.columns[name]

    return cut_part


def _path(batch: Batch) -> Column:
    """The request URI without its query."""
    uri = batch.column("request_uri")
    assert isinstance(uri, Texts)
    present = np.maximum(uri.starts, 0)
    ends = uri.octets.find(ord("?"), present, np.maximum(uri.ends, 0))
    return Texts(uri.octets, uri.starts, np.where(uri.starts >= 0, ends, -1))


def _status_class(batch: Batch) -> Column:
    status = batch.column("status").numbers()
    absent = len(_CLASSES) - 1
    codes = np.where(status.present, status.found.astype(np.int64) // 100 % 10, absent)
    return Labels(codes, _CLASSES)


Cut = Callable[[Batch], Column]
_CUTS: Mapping[str, Cut] = {
    "time": _time,
    "level": _no_level,
    "message": _message,
    "path": _path,
    "status_class": _status_class,
} | {name: _request_part(name) for name in _REQUEST_PARTS}
