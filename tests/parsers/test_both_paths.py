"""The vector path and the exact path read every line alike, whatever the format and the line."""

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from parsers.layout import Layout, LayoutError
from parsers.nginx_access import access_parser
from parsers.python_log import COMMON_FORMATS, python_parser
from parsers.scan import cut
from parsers.words import Octets

NEVER, ALWAYS = 0, 1 << 60
TIME_LOCAL = b"22/Jan/2026:14:53:35 +0000"
TIME_ISO = b"2026-01-22T14:53:35+00:00"
ASCTIME = b"2026-01-22 14:59:12,123"
SEPARATORS = (
    *(" ", " ", " ", " - ", " [", "] ", "|", ", ", ";", ":", "\\", "^", "]", "-", " rt=", "é"),
    *("\t", "~~", "&&", " : ", "[[", "{", "} ", "'", "#", "\\ ", " \\", "a", "  "),
)
VARIABLES = (
    *("a", "b", "c", "d", "request", "remote_addr", "body_bytes_sent", "host", "request_time"),
    *("status", "time_local", "time_iso8601", "a", "pipe", "server_port", "upstream_cache_status"),
    *("upstream_addr", "upstream_status", "upstream_response_time"),
)
ESCAPES = ("", "", "escape=default ", "escape=json ", "escape=none ")
FIXED = {"status": b"200", "time_local": TIME_LOCAL, "time_iso8601": TIME_ISO, "pipe": b"."}
NASTY = (
    *(b"", b"-", b'"', b'\\"', b"\\", b"\\\\", b'\\\\"', b'"\\', b" ", b"  ", b"\0", b"\xff\xfe"),
    *(b"\r", b"\xc3\xa9", b"\\x22", b"[", b"] ", b" - ", b"x" * 300, b"y" * 7, b"z" * 8, b":"),
    *(b", ", b" : ", b"a, b", b"a : b", b"- : ", b"::1", b"200", b"=", b"\\u0001", b"\n"),
    *(b"GET / HTTP/1.1", b"2", b"20", b"2000", b"abc", b"\\ ", b"\x80" * 9, b"~", b"|", b"a"),
)
LINE_ENDS = (b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b"\r\r\n", b"\r\n\r\n")
TOUCHING = re.compile(r"\}\$\{(?:time_|pipe)|\$\{(?:time_\w+|pipe)\}\$")

fitting_values = st.binary(max_size=12).map(lambda raw: raw.hex().encode()) | st.sampled_from(
    (
        b"-",
        b"",
        b"192.0.2.7",
        b"GET /a HTTP/1.1",
        b"/a?b",
        b"502, 200",
        b"0.1 : 0.2",
        b"[::1]:80, -",
    )
)
nasty_values = st.lists(st.sampled_from(NASTY), max_size=3).map(b"".join)


@st.composite
def log_formats(draw) -> list[str]:
    """An nginx format as pieces: text, or a variable with its `$`."""
    pieces: list[str] = []
    for quoted in range(draw(st.integers(1, 5))):
        for number in range(draw(st.integers(0 if quoted % 2 else 1, 3))):
            if number or draw(st.booleans()):
                pieces.append(draw(st.sampled_from(SEPARATORS)))
            variable = draw(st.sampled_from(VARIABLES))
            pieces.append(f"${{{variable}}}")
            # The one pair that may touch though neither has a fixed width.
            pieces += ["${request_uri}"] if variable == "host" and draw(st.booleans()) else []
        pieces.append(draw(st.sampled_from(('"', ' "', '" "', "", " ", '"'))))
    return pieces


def escapes():
    """How nginx writes values, as the text of the format says it."""
    return st.sampled_from(ESCAPES)


def drawn_line(draw, pieces: list[str]) -> bytes:
    """A line that fits the format, or nearly fits it."""
    hostile = draw(st.integers(0, 3)) == 0
    parts = []
    for piece in pieces:
        if not piece.startswith("${"):
            parts.append(piece.encode())
        elif piece[2:-1] in FIXED:
            parts.append(FIXED[piece[2:-1]])
        else:
            parts.append(draw(nasty_values if hostile else fitting_values))
    if hostile and draw(st.booleans()):
        at = draw(st.integers(0, len(parts) - 1))
        parts[at : at + 1] = draw(st.sampled_from(([], [draw(nasty_values)], [parts[at]] * 2)))
    return b"".join(parts)


def drawn_block(draw, line) -> bytes:
    lines = [line() for _ in range(draw(st.integers(0, 6)))]
    ended = b"".join(each + draw(st.sampled_from(LINE_ENDS)) for each in lines)
    return ended + draw(st.sampled_from((b"", b"", line())))


@st.composite
def nginx_cases(draw) -> tuple[str, bytes]:
    pieces = draw(log_formats())
    log_format = draw(escapes()) + "".join(pieces)
    return log_format, drawn_block(draw, lambda: drawn_line(draw, pieces))


@st.composite
def python_cases(draw) -> tuple[str, bytes]:
    log_format = draw(
        st.sampled_from(COMMON_FORMATS)
        | st.lists(
            st.sampled_from(
                (
                    *("%(asctime)s", "%(name)s", "%(levelname)s", "%(levelname)-8s", "%(lineno)d"),
                    *("%(levelname)-5s", "%(name)-12s", "%(process)5d", " ", ":", " [", "] ", '"'),
                )
            ),
            max_size=8,
        ).map(lambda parts: "".join(parts) + " %(message)s")
    )

    def line() -> bytes:
        values = {
            "asctime": draw(st.sampled_from((ASCTIME, ASCTIME, b"x" * 23, b"", ASCTIME[:-4]))),
            "levelname": draw(st.sampled_from((b"INFO", b"ERROR   ", b"NOPE", b"", b"WARNING "))),
        }
        other = draw(nasty_values | fitting_values)
        text = log_format.encode()
        return re.sub(
            rb"%\((\w+)\)[-\d]*[sd]", lambda match: values.get(match[1].decode(), other), text
        )

    return log_format, drawn_block(draw, line)


def spans(layout: Layout, raw: bytes, few_lines: int):
    """All that `cut` found, as lists; the spans of lines that do not fit are nobody's concern."""
    found = cut(layout, Octets(raw), few_lines=few_lines)
    slots = {
        name: [
            span
            for span, fits in zip(
                zip(starts.tolist(), ends.tolist(), strict=True), found.fits.tolist(), strict=True
            )
            if fits
        ]
        for name, (starts, ends) in found.slots.items()
    }
    return found.starts.tolist(), found.ends.tolist(), found.fits.tolist(), slots


@pytest.mark.timeout(60)
@settings(max_examples=600)
# A separator that begins in the last value and ends behind it.
@example(("${a}  ${a} ", b"  -  "))
@given(nginx_cases())
def test_both_paths_cut_nginx_lines_alike(case):
    log_format, raw = case
    try:
        layout = access_parser(log_format).layout
    except LayoutError:
        return

    vector, exact = spans(layout, raw, NEVER), spans(layout, raw, ALWAYS)

    assert vector == exact


@settings(max_examples=300)
@given(python_cases())
def test_both_paths_cut_python_lines_alike(case):
    log_format, raw = case
    try:
        layout = python_parser(log_format).layout
    except LayoutError:
        return

    vector, exact = spans(layout, raw, NEVER), spans(layout, raw, ALWAYS)

    assert vector == exact


@settings(max_examples=200)
@given(st.data())
def test_what_a_format_writes_is_read_back(data):
    """Values that no separator or quote occurs in come back as they were, on either path."""
    pieces = data.draw(log_formats())
    names = [piece[2:-1] for piece in pieces if piece.startswith("${")]
    log_format = "".join(pieces)
    # A time that touches a value is one more of the separators, and any 26 bytes may be one; so is
    # a flag, and any byte.
    assume(not TOUCHING.search(log_format))
    try:
        layout = access_parser(data.draw(escapes()) + log_format).layout
    except LayoutError:
        return
    values = [
        FIXED.get(name) or b"/"[: name == "request_uri"] + b"%dX%d" % (at, at)
        for at, name in enumerate(names)
    ]
    written = iter(values)
    line = b"".join(next(written) if piece.startswith("${") else piece.encode() for piece in pieces)
    raw = (line + b"\n") * 2
    # Of two variables with one name the first counts.
    expected = dict(reversed([*zip(names, values, strict=True)]))

    for few_lines in (NEVER, ALWAYS):
        *_, fits, slots = spans(layout, raw, few_lines)

        assert fits == [True, True]
        assert expected == {name: raw[start:end] for name, [(start, end), _] in slots.items()}
