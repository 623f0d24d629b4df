"""CRI, Docker and syslog: the frame comes off, records are whole, and offsets are those on disk."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.formats import Options, parser_for
from parsers.framed import FramedParser, frame_of
from parsers.lines import lines_of
from parsers.prefixes import _SYSLOG, FRAMES, _matched, _syslog_prefixes
from parsers.severity import Severity
from parsers.words import Octets
from tests.parsers import samples

Wrap = Callable[..., bytes]
ACCESS = samples.ACCESS[0]
ERROR = b"2026/01/22 14:59:12 [error] 7#8: *9 failed, client: 192.0.2.7, server: _"
KLOG = samples.KLOG[0]
TRACEBACK = (
    b"2026-01-22 14:59:12,123 ERROR app: failed",
    b"Traceback (most recent call last):",
    b'  File "/srv/app/web.py", line 3, in serve',
    b"ValueError: no such thing",
)


def cri(text: bytes, stream: str = "stdout", *, whole: bool = True, second: int = 5) -> bytes:
    head = f"2026-01-02T03:04:{second:02}.123456789Z {stream} {'F' if whole else 'P'} "
    return head.encode() + text


def docker(text: bytes, stream: str = "stdout", *, whole: bool = True, second: int = 5) -> bytes:
    log = text.decode("utf-8", "replace") + ("\n" if whole else "")
    time = f"2026-01-02T03:04:{second:02}.123456789Z"
    return json.dumps({"log": log, "stream": stream, "time": time}, separators=(",", ":")).encode()


def block(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def parse(raw: bytes, log_format: str = "auto") -> Batch:
    return parser_for(log_format, head=raw).parse(Block(raw, "/var/log/x", 1000))


both = pytest.mark.parametrize("wrap", [cri, docker])


@both
def test_each_record_of_a_container_stream_finds_its_parser(wrap: Wrap):
    raw = block(wrap(ACCESS), wrap(ERROR, "stderr"), wrap(KLOG, "stderr"), wrap(ACCESS))

    events = list(parse(raw).events())

    assert ["nginx_access", "nginx_error", "klog", "nginx_access"] == [e.format for e in events]
    assert ["stdout", "stderr", "stderr", "stdout"] == [e.fields["stream"] for e in events]
    assert (200, "192.0.2.7") == (events[0].fields["status"], events[1].fields["client"])
    assert all(event.parsed for event in events)


@both
def test_partial_lines_are_joined_by_stream(wrap: Wrap):
    lines = [
        wrap(ACCESS[:20], whole=False),
        wrap(ERROR[:30], "stderr", whole=False),
        wrap(ACCESS[20:50], whole=False),
        wrap(ERROR[30:], "stderr"),
        wrap(ACCESS[50:]),
    ]

    first, second = parse(block(*lines), f"{wrap.__name__}:mixed").events()

    assert (first.parsed, first.fields["request_uri"], first.lines) == (True, "/a?b=c", 3)
    assert (second.parsed, second.fields["client"], second.lines) == (True, "192.0.2.7", 2)
    assert (1000, 1000 + len(lines[0]) + 1) == (first.offset, second.offset)


@both
def test_a_traceback_is_one_event_though_another_stream_writes_in_between(wrap: Wrap):
    lines = [each for line in TRACEBACK for each in (wrap(line, "stderr"), wrap(ACCESS))]

    first, *others = parse(block(*lines)).events()

    assert ("python", 4, 1000) == (first.format, first.lines, first.offset)
    assert first.message.endswith("ValueError: no such thing")
    assert ["nginx_access"] * 4 == [event.format for event in others]


@both
def test_what_states_no_time_has_that_of_the_frame(wrap: Wrap):
    klog, access = parse(block(wrap(KLOG, "stderr"), wrap(ACCESS))).events()

    assert klog.time == "2026-01-02T03:04:05.123456+00:00"
    assert access.time == "2026-01-22T14:53:35+00:00"


@both
def test_a_line_without_a_frame_is_unparsed_and_kept_whole(wrap: Wrap):
    raw = block(wrap(ACCESS), b"half a line", wrap(ACCESS))

    _, bare, _ = parse(raw).events()

    assert (False, "half a line", wrap.__name__) == (bare.parsed, bare.message, bare.format)
    assert raw.index(b"half") + 1000 == bare.offset


@both
def test_an_unfinished_record_waits_and_holds_back_what_is_behind_it(wrap: Wrap):
    done = block(wrap(ACCESS))
    raw = done + block(wrap(ACCESS[:9], whole=False), wrap(ERROR, "stderr"))

    assert len(done) == parser_for("auto", head=raw).complete(raw)


@both
def test_a_record_of_several_lines_is_over_when_the_other_stream_has_gone_on(wrap: Wrap):
    raw = block(wrap(ERROR, "stderr"), wrap(ACCESS))
    parser = parser_for("auto", head=raw)

    assert parser.complete(raw) == 0
    later = raw + block(wrap(ACCESS, second=8))
    assert len(later) == parser.complete(later)
    many = raw + block(*[wrap(ACCESS)] * 64)
    assert len(many) == parser.complete(many)


def test_a_format_can_be_named_for_what_is_framed():
    raw = block(cri(b"192.0.2.7 in 0.250"))

    (event,) = parse(raw, "cri:$remote_addr in $request_time").events()

    assert (event.fields["remote_addr"], event.fields["request_time"]) == ("192.0.2.7", 0.25)


@pytest.mark.parametrize("text", [b"", b" ", b"F", b"\xff\xfe", b"a F b"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cri_keeps_whatever_the_program_wrote(text: bytes, end: str):
    raw = cri(text) + end.encode()

    (event,) = parse(raw, "cri:plain").events()

    assert event.message == text.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"2026-01-02T03:04:05.1Z stdout F a", "cri"),
        (b"2026-01-02T03:04:05.123456789+02:00 stderr P a", "cri"),
        (b"2026-01-02T03:04:05.1Z stdout F:tag a", "cri"),
        (b'{"log":"a\\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}', "docker"),
        (b"<190>Jan  2 03:04:05 web nginx: a", "syslog"),
        (b"Jan 12 03:04:05 web nginx[7]: a", "syslog"),
        (b"2026-01-02T03:04:05.1+00:00 web nginx[7]: a", "syslog"),
        (b'<190>1 2026-01-02T03:04:05Z web nginx 7 - [a b="]"] a', "syslog"),
        (b"web nginx[7]: a", "syslog"),
        (b'{"level":"info","log":"a"}', None),
        (b"2026-01-02T03:04:05.1Z stdlog F a", None),
        (b"a b: c", None),
        (b"", None),
    ],
)
def test_a_frame_is_known_by_the_head_of_a_log(head: bytes, name: str | None):
    frame = frame_of(head + b"\n")

    assert name == (frame.name if frame else None)


SYSLOG = {
    "of nginx": b"<190>Jan  2 03:04:05 web nginx: ",
    "of rsyslog": b"Jan 12 03:04:05 web nginx[7]: ",
    "with a year": b"2026-01-02T03:04:05.123+01:00 web nginx[7]: ",
    "RFC 5424": b'<190>1 2026-01-02T03:04:05Z web nginx 7 ID [a b="]"][c d="\\""] ',
    "without time": b"web nginx[7]: ",
    "of a relay of a relay": b"web nginx[7]: web nginx: ",
}


@pytest.mark.parametrize("kind", SYSLOG)
def test_syslog_comes_off_in_each_of_its_forms(kind: str):
    raw = block(SYSLOG[kind] + ERROR, SYSLOG[kind] + ACCESS)

    error, access = parse(raw).events()

    assert ("nginx_error", "nginx_access") == (error.format, access.format)
    assert (error.fields["client"], error.severity) == ("192.0.2.7", Severity.ERROR)
    assert ("web", "nginx") == (access.fields["hostname"], access.fields["program"])


def test_syslog_of_an_unknown_program_is_plain_text_with_its_time_and_priority():
    options = Options(reference=lambda: datetime(2026, 2, 1, tzinfo=UTC))
    raw = b"<11>Jan 12 03:04:05 web app[7]: something\n"

    (event,) = parser_for("auto", options, head=raw).parse(Block(raw)).events()

    assert ("plain", "something", "err") == (event.format, event.message, event.level)
    assert (Severity.ERROR, "2026-01-12T03:04:05+00:00") == (event.severity, event.time)
    assert ("web", "app") == (event.fields["hostname"], event.fields["program"])


def test_the_level_that_a_program_states_is_more_than_the_priority_of_its_syslog():
    raw = b"<14>Jan 12 03:04:05 web app[7]: ERROR: no\n"

    assert ["error"] == [event.severity.label for event in parse(raw).events()]


@pytest.mark.parametrize(
    "line",
    [
        b"2026-01-02T03:04:05Z INFO main: started",
        b"2026-01-02T03:04:05Z shop ERROR: no such thing",
        b"2026-01-02T03:04:05Z E conn: lost",
        b"Jan  2 03:04:05 WARN pool: full",
        b"INFO | started",
        b"info  | started",
    ],
)
def test_a_level_is_no_host_no_program_and_no_container(line: bytes):
    assert frame_of(line + b"\n") is None


def test_tracebacks_that_two_processes_write_to_syslog_at_once_are_two_events():
    def line(process: int, text: bytes) -> bytes:
        return b"Jan 12 03:04:05 web shop[%d]: %b" % (process, text)

    each = [(line(7, text), line(8, text)) for text in TRACEBACK]
    raw = block(
        *(one for pair in each for one in pair), line(9, b"2026-01-22 14:59:12,1 INFO x: y")
    )

    first, second, other = parse(raw).events()

    assert [4, 4, 1] == [first.lines, second.lines, other.lines]
    assert ["ValueError"] * 2 == [each.fields["exception_type"] for each in (first, second)]
    assert second.offset == 1000 + len(each[0][0]) + 1


def test_each_line_of_the_kernel_is_a_record_also_an_indented_one():
    raw = block(
        b"Jan 12 03:04:05 web kernel: BIOS-provided physical RAM map:",
        b"Jan 12 03:04:05 web kernel:  BIOS-e820: 0 - 9f (usable)",
    )

    assert ["BIOS-provided physical RAM map:", "BIOS-e820: 0 - 9f (usable)"] == [
        event.message for event in parse(raw).events()
    ]


_ANY = st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b" "))
syslog_lines = st.one_of(
    st.builds(
        b"".join,
        st.tuples(
            st.sampled_from((b"", b"", b"<34>", b"Jan")),
            st.sampled_from((b"Jan  2 03:04:05 ", b"Jan 12 03:04:05 ", b"jan 12 03:04:05  ")),
            st.sampled_from((b"web ", b"::1 ", b"E ", b"a b ", b"error ", b".x ", b"")),
            st.sampled_from((b"app", b"su(pam)", b"a(", b"WARN", b"p" * 80, b"")),
            st.sampled_from((b": ", b"[7]: ", b"[7]:", b"[x]: ", b":", b" : ")),
            _ANY,
        ),
    ),
    _ANY.map(lambda raw: b"Jan 12 03:04:05 " + raw),
    samples.lines.map(lambda raw: raw.replace(b"\n", b" ")),
)


@settings(max_examples=200)
@given(st.lists(syslog_lines, max_size=8))
def test_syslog_is_read_by_columns_as_it_is_line_by_line(written: list[bytes]):
    lines = lines_of(Octets(block(*written)))
    by_columns, one_by_one = _syslog_prefixes(lines), _matched(lines, *_SYSLOG)

    assert one_by_one.fits.tolist() == by_columns.fits.tolist()
    assert one_by_one.ends.tolist() == by_columns.ends.tolist()
    for name in ("hostname", "program", "process"):
        assert one_by_one.part(name).values() == by_columns.part(name).values()


COLOURS = (
    (
        b"\x1b[2m2026-01-02T03:04:05Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mshop\x1b[0m\x1b[2m:"
        b"\x1b[0m no",
        "plain",
    ),
    (b"\x1b[32mINFO\x1b[0m:     started [\x1b[36m7\x1b[0m]", "plain"),
    (
        b"\x1b[32m2026-01-02 03:04:05.678\x1b[0m | \x1b[31m\x1b[1mERROR   \x1b[0m | "
        b"\x1b[36mshop.db\x1b[0m:\x1b[36mconnect\x1b[0m:\x1b[36m12\x1b[0m - "
        b"\x1b[31m\x1b[1mgone\x1b[0m",
        "loguru",
    ),
)


@pytest.mark.parametrize(("line", "log_format"), COLOURS)
def test_colours_come_off_before_a_line_is_read(line: bytes, log_format: str):
    raw = block(line, line)

    _, event = parse(raw).events()

    assert (log_format, 1000 + len(line) + 1) == (event.format, event.offset)
    assert ("ERROR" if b"ERROR" in line else "INFO") == event.level
    assert "\x1b" not in event.message


def test_each_container_of_compose_is_read_in_its_own_format():
    raw = block(
        b"\x1b[2Kweb-1  | " + ACCESS,
        b"\x1b[33mcache  | \x1b[0m7:M 02 Jan 2026 03:04:05.678 # no",
        b"web-1  | 2026-01-02T03:04:05.123456789Z " + ERROR,
        b"app-1  | " + TRACEBACK[0],
        b"web-1  | " + ACCESS,
        *(b"app-1  | " + line for line in TRACEBACK[1:]),
    )

    events = list(parse(raw).events())

    assert ["web-1", "cache", "web-1", "app-1", "web-1"] == [e.fields["container"] for e in events]
    formats = ["nginx_access", "redis", "nginx_error", "python", "nginx_access"]
    assert formats == [event.format for event in events]
    assert [1, 1, 1, 4, 1] == [event.lines for event in events]


def test_each_container_of_kubectl_is_read_in_its_own_format():
    raw = block(
        b"[pod/web-0/nginx] " + ACCESS,
        b"[pod/web-0/app] 2026-01-02T03:04:05.123456789Z plain text",
        b"[pod/web-1/nginx] " + ERROR,
    )

    events = list(parse(raw).events())

    assert ["nginx_access", "plain", "nginx_error"] == [event.format for event in events]
    assert ["web-0", "web-0", "web-1"] == [event.fields["pod"] for event in events]
    assert events[1].time == "2026-01-02T03:04:05.123456+00:00"


def test_a_traceback_behind_the_time_stamps_of_docker_logs_is_one_event():
    raw = block(*(b"2026-01-02T03:04:05.123456789Z " + line for line in TRACEBACK))

    (event,) = parse(raw).events()

    assert (4, "ValueError") == (event.lines, event.fields["exception_type"])


def test_a_frame_within_a_frame_comes_off_too():
    raw = block(*(cri(b"Jan 12 03:04:05 web nginx[7]: " + ERROR) for _ in range(3)))
    batch = parse(raw)

    assert [ERROR] * 3 == [batch.record(row) for row in range(3)]
    assert [1000 + at * (len(raw) // 3) for at in range(3)] == [e.offset for e in batch.events()]
    assert {("192.0.2.7", "nginx", "stdout")} == {
        (e.fields["client"], e.fields["program"], e.fields["stream"]) for e in batch.events()
    }


FRAME_NAMES = (*(frame.name for frame in FRAMES), "cri:nginx_error", "cri:syslog")
PARSERS = {name: parser_for(name) for name in FRAME_NAMES}
texts = samples.lines | st.binary(max_size=12)
streams = st.sampled_from(("stdout", "stderr"))


def _line(wrap: Wrap, text: bytes, stream: str, whole: bool, second: int) -> bytes:
    return wrap(text.replace(b"\n", b" "), stream, whole=whole, second=second)


framed_lines = st.builds(
    _line, st.sampled_from((cri, docker)), texts, streams, st.booleans(), st.integers(0, 59)
)
prefixed = st.builds(lambda head, text: head + text, st.sampled_from(list(SYSLOG.values())), texts)
framed_blocks = st.lists(framed_lines | prefixed | texts, max_size=9).map(lambda ls: block(*ls))


def assert_each_line_is_in_one_record(batch: Batch, raw: bytes) -> None:
    assert raw.count(b"\n") + (raw != b"" and not raw.endswith(b"\n")) == int(
        batch.line_counts().sum()
    )
    begins = {0, *(at + 1 for at, octet in enumerate(raw) if octet == ord("\n"))}
    offsets = batch.origins().tolist()
    assert sorted(set(offsets)) == offsets
    assert begins.issuperset(offsets)
    for name in ("time", "level", "message"):
        column = batch.column(name)
        assert len(batch) == len(column.values()) == len(column.labels()) == len(column.numbers())


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=80)
@given(raw=framed_blocks | st.binary(max_size=200))
def test_every_line_is_in_one_record_and_no_bytes_raise(name: str, raw: bytes):
    batch = PARSERS[name].parse(Block(raw, "/var/log/x", 1000))
    events = list(batch.events())

    assert_each_line_is_in_one_record(batch, raw)
    assert [1000 + at for at in batch.origins().tolist()] == [event.offset for event in events]
    assert events == [batch.event(row) for row in range(len(batch))]


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60)
@given(raw=framed_blocks)
def test_what_is_complete_is_whole_lines(name: str, raw: bytes):
    done = PARSERS[name].complete(raw)

    assert 0 <= done <= len(raw)
    assert raw[:done].endswith(b"\n") or not done


@both
@settings(max_examples=40)
@given(
    parts=st.lists(st.tuples(st.sampled_from(("stdout", "stderr")), st.booleans()), max_size=12),
    cut=st.integers(0, 12),
)
def test_two_blocks_cut_where_it_says_give_the_events_of_one(wrap: Wrap, parts, cut: int):
    texts = [(ERROR if stream == "stderr" else ACCESS, stream, whole) for stream, whole in parts]
    raw = block(*[wrap(text, stream, whole=whole) for text, stream, whole in texts])
    parser: Parser = parser_for(f"{wrap.__name__}:nginx_error")
    assert isinstance(parser, FramedParser)
    seen = b"".join(raw.splitlines(keepends=True)[:cut])

    done = parser.complete(seen)
    first = parser.parse(Block(raw[:done], "", 0)).events()
    second = parser.parse(Block(raw[done:], "", done)).events()

    assert list(parser.parse(Block(raw)).events()) == [*first, *second]


@settings(max_examples=60)
@given(
    processes=st.lists(st.sampled_from((7, 8, 9)), min_size=1, max_size=16), cut=st.integers(0, 16)
)
def test_two_blocks_of_syslog_give_the_events_of_one_whoever_writes_in_between(processes, cut: int):
    """Processes 7 and 8 write tracebacks, a line at each of their turns; 9 writes single lines."""
    left: dict[int, list[bytes]] = {7: [], 8: []}
    lines = []
    for process in processes:
        queue = left.get(process, [])
        queue[:] = queue or (list(TRACEBACK) if process in left else [KLOG])
        lines.append(b"Jan 12 03:04:05 web shop[%d]: %b" % (process, queue.pop(0)))
    raw = block(*lines)
    parser = parser_for("syslog:plain")
    seen = b"".join(raw.splitlines(keepends=True)[:cut])

    done = parser.complete(seen)
    first = parser.parse(Block(raw[:done], "", 0)).events()
    second = parser.parse(Block(raw[done:], "", done)).events()

    assert list(parser.parse(Block(raw)).events()) == [*first, *second]


HOSTILE = {
    "no newline": b"x" * (1 << 20),
    "partial lines": (cri(b"", whole=False) + b"\n") * 10_000,
    "two open streams": (cri(b"a", whole=False) + b"\n" + cri(ERROR, "stderr") + b"\n") * 3_000,
    "deep JSON": b'{"log":' * 50_000,
    "bare objects": b"{}\n" * 100_000,
    "one long text": cri(b"a" * 500_000) + b"\n",
    "structured data": b"<190>1 2026-01-02T03:04:05Z a b - - " + b'[a="' * 100_000 + b"\n",
    "brackets": (b"a b[" + b"1" * 200 + b"\n") * 3_000,
    "programs": b"a " * 200_000 + b"b[7]: c\n",
}


@pytest.mark.parametrize("name", PARSERS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_block_costs_no_more_than_its_size(name: str, hostile: str):
    raw = HOSTILE[hostile]
    began = time.process_time()

    PARSERS[name].complete(raw)
    batch = PARSERS[name].parse(Block(raw))

    assert time.process_time() - began < 4  # what is not linear takes minutes
    assert_each_line_is_in_one_record(batch, raw)
