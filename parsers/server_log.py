"""Request logs of the servers in `servers.py`: read as nginx's are, but with any kind of time."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial

import numpy as np

from parsers.batch import Batch
from parsers.block import Block
from parsers.columns import Column, Objects, Texts, Value
from parsers.cutting import compile_layout
from parsers.head_text import STAMP, numbers_in, tokens
from parsers.kinds import among
from parsers.layout import Layout, Slot, Token
from parsers.levels import severities
from parsers.nginx_access import DEFAULT_SEVERITIES, AccessParser, access_parser_of
from parsers.nginx_format import slot
from parsers.routes import Router
from parsers.servers import SERVERS, Server
from parsers.severity import Severity
from parsers.stamps import find_stamps
from parsers.times import Times
from parsers.words import Bools

_LEVEL = "$level"
# What HAProxy writes for a time that never came, and for the status of no answer.
_NEVER = b"-1"
_ASKED = ("request_method", "request_uri", "url", "server_protocol", "status")
_ESCAPED = ("request_headers", "response_headers")


@dataclass(frozen=True, slots=True)
class ServerParser:
    """Reads one entry of the table; build it with `server_parser`."""

    access: AccessParser
    # The parts that are whole numbers; the others are as nginx's variables of the same name.
    numbers: frozenset[str]
    server: Server
    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None

    @property
    def name(self) -> str:
        """The server's name."""
        return self.access.name

    @property
    def fields(self) -> tuple[str, ...]:
        """The parts of the text, and those of the request."""
        return self.access.fields

    @property
    def layout(self) -> Layout:
        """The text as literals and slots."""
        return self.access.layout

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return self.access.complete(raw)

    def parse(self, block: Block) -> Batch:
        """Find all parts of all lines; what does not fit is marked unparsed."""
        batch = self.access.parse(block)
        columns = batch.columns
        if "status" in self.numbers:
            del columns["status"]  # of nginx's kind
        for part in self.layout.slots:
            text = columns[f"${part.name}"]
            assert isinstance(text, Texts)
            text = self._as_written(text)
            columns[f"${part.name}"] = text.unpadded(part.least) if part.least else text
        batch = self._without_forged(replace(batch, cutter=self))
        level = columns.get(_LEVEL)
        if not isinstance(level, Texts):
            return batch
        columns["level"] = level.labels()
        severity, known = severities(columns["level"].labels())
        return replace(batch, severity=np.where(known, severity, batch.severity))

    def _without_forged(self, batch: Batch) -> Batch:
        """The batch, in which rows that only look like the format do not fit it."""
        sound = self._sound(batch)
        if sound.all():
            return batch
        for name, column in batch.columns.items():
            if isinstance(column, Texts):
                spans = (np.where(sound, edge, -1) for edge in (column.starts, column.ends))
                batch.columns[name] = column.at(*spans)
        severity = np.where(sound, batch.severity, np.uint8(Severity.INFO))
        return replace(batch, parsed=batch.parsed & sound, severity=severity)

    def _as_written(self, text: Texts) -> Texts:
        escape = self.server.escape
        if not escape:
            return replace(text, unescape=None)
        hexadecimal = re.compile(re.escape(escape) + rb"([0-9A-Fa-f]{2})")
        return replace(text, unescape=partial(_unescaped, hexadecimal), escape=escape)

    def _sound(self, batch: Batch) -> Bools:
        """
        Rows in which a number that gets what is left of a line or before a quote is one.

        The layout takes any text for it, and so captured headers where none are expected. And what
        HAProxy has captured of headers holds no brace, as it escapes those; of cookies it escapes
        nothing, so that a stranger's can look like all that follows it, up to the real brace.
        """
        sound = np.ones(len(batch), np.bool_)
        for segment in self.layout.segments:
            if isinstance(segment.rest, Slot) and segment.rest.name in self.numbers:
                text = batch.columns[f"${segment.rest.name}"]
                assert isinstance(text, Texts)
                sound &= _is_number(text)
        for name in _ESCAPED:
            header = batch.columns.get(f"${name}")
            if isinstance(header, Texts):
                brace = header.octets.find(ord("{"), header.starts, header.ends)
                sound &= brace == header.ends
        return sound

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a part of the text, the time, or what derives from the request."""
        part = batch.columns.get(f"${name}")
        if name in self.numbers and isinstance(part, Texts):
            plus = part.octets.bytes[np.maximum(part.starts, 0)] == ord("+")  # so far, and more
            return replace(part, starts=part.starts + plus, null=_NEVER).integers()
        if name == "message" and "$request" not in batch.columns:
            return _asked(batch)
        stamp = batch.columns.get(f"${STAMP}")
        if name != "time" or not isinstance(stamp, Texts):
            return self.access.cut(batch, name)
        starts = np.where(stamp.starts >= 0, stamp.starts, batch.starts)
        stamps, _, _ = find_stamps(batch.octets, starts, batch.ends)
        return Times(batch.octets, stamps, self.zone, self.reference)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All parts of the text but time and level, and the parts of the request."""
        return self.access.field_dicts(replace(batch, cutter=self))


def server_parsers(
    zone: tzinfo | None = None,
    reference: Callable[[], datetime] | None = None,
    *,
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
    router: Router | None = None,
) -> list[ServerParser]:
    """A parser for each entry of the table."""
    found = [server_parser(each, severities=severities, router=router) for each in SERVERS]
    return [replace(each, zone=zone, reference=reference) for each in found]


def server_parser(
    server: Server,
    *,
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
    router: Router | None = None,
) -> ServerParser:
    """Compile an entry; raises ValueError if nothing separates two of its parts."""
    layout = compile_layout([_typed(token) for token in tokens(server.text)])
    access = access_parser_of(
        layout, name=server.name, severities=severities, router=router, hidden=(STAMP, "level")
    )
    return ServerParser(access, numbers_in(server.text), server)


def _asked(batch: Batch) -> Column:
    """What was asked and answered, of a server that writes the request in parts."""
    names = [f"${name}" for name in _ASKED if f"${name}" in batch.columns]
    records: list[Value] = list(batch.records().values())
    if "$request_method" not in names:
        return Objects(records)
    rows = np.flatnonzero(batch.parsed)
    parts = [batch.columns[name].take(rows).values() for name in names]
    for row, values in zip(rows.tolist(), zip(*parts, strict=True), strict=True):
        records[row] = " ".join(map(str, values))
    return Objects(records)


def _unescaped(escape: re.Pattern[bytes], raw: bytes) -> bytes:
    return escape.sub(lambda match: bytes.fromhex(match[1].decode()), raw)


def _is_number(text: Texts) -> Bools:
    """Texts that are a whole number, perhaps with a sign, or `-`."""
    octets, starts = text.octets, np.maximum(text.starts, 0)
    signed = among(octets.bytes[starts], b"+-")
    _, valid = octets.integers(starts + signed, np.maximum(text.ends, 0))
    number: Bools = valid | (signed & (text.ends - starts == 1))
    return number


def _typed(token: Token) -> Token:
    """A part of unknown width holds what nginx's variable of its name holds, if that is told."""
    if not isinstance(token, Slot) or token.shape or token.least or token.holds:
        return token
    known = slot(token.name)
    return known if known.holds or known.shape else token
