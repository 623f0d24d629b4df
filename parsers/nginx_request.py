"""The request line that nginx logs as `$request`, cut in its parts."""

import re

import numpy as np

from parsers.batch import Batch
from parsers.columns import Column, Texts
from parsers.words import all_capitals

REQUEST_PARTS = ("request_method", "request_uri", "server_protocol")
# `GET /path HTTP/1.1`; HTTP/0.9 has no protocol. nginx takes [A-Z_-] as a method
# (ngx_http_parse_request_line), and a path may hold spaces. Of an absolute URI its $request_uri
# begins behind the host.
_REQUEST = re.compile(
    rb"([A-Z_-]+) (?:[a-zA-Z][a-zA-Z0-9+.-]*+://[^/? ]*+(?=[/?]))?+(.*?)(?: (HTTP/\d(?:\.\d)?))?",
    re.DOTALL,
)
# ` HTTP/1.` with any digit for the 1, as one load.
_VERSION = np.uint64(int.from_bytes(b" HTTP/\0.", "little"))
_VERSION_MASK = np.uint64(0xFF00FFFFFFFFFFFF)


def cut_request(batch: Batch) -> None:
    """Cut `$request` in three; empty or binary requests have no parts."""
    request = batch.columns["$request"]
    assert isinstance(request, Texts)
    octets, starts, ends = request.octets, request.starts, request.ends
    space = octets.find(ord(" "), starts, ends)
    last = ends - len(" HTTP/1.1")
    plain = (starts >= 0) & (last > space) & (octets.load(last) & _VERSION_MASK == _VERSION)
    plain &= octets.bytes[space + 1] == ord("/")
    for octet in (-1, -3):
        plain &= octets.bytes[ends + octet] - np.uint8(ord("0")) < 10
    plain &= all_capitals(octets.load(np.maximum(starts, 0)), space - starts)
    spans = [(starts, space), (space + 1, last), (last + 1, ends)]
    spans = [(np.where(plain, start, -1), np.where(plain, end, -1)) for start, end in spans]
    for row in np.flatnonzero(~plain & (starts >= 0)).tolist():
        if match := _REQUEST.fullmatch(octets.raw, int(starts[row]), int(ends[row])):
            for (part_starts, part_ends), (start, end) in zip(spans, match.regs[1:], strict=True):
                part_starts[row], part_ends[row] = start, end
    for name, (part_starts, part_ends) in zip(REQUEST_PARTS, spans, strict=True):
        batch.columns.setdefault(name, request.at(part_starts, part_ends))


def request_part(batch: Batch, name: str) -> Column:
    """One of REQUEST_PARTS; KeyError if the format has no `$request`."""
    if "$request" not in batch.columns:
        raise KeyError(name)
    cut_request(batch)
    return batch.columns[name]


def request_path(batch: Batch) -> Column:
    """The request URI without its query."""
    uri = batch.column("request_uri")
    assert isinstance(uri, Texts)
    present = np.maximum(uri.starts, 0)
    ends = uri.octets.find(ord("?"), present, np.maximum(uri.ends, 0))
    return uri.at(uri.starts, np.where(uri.starts >= 0, ends, -1))
