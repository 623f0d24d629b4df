"""Lines of several formats in one log: each is parsed by its own, and records stay whole."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.batch import Batch
from parsers.block import Block
from parsers.formats import parser_for
from parsers.mixed import MixedParser
from parsers.nginx_access import COMBINED, AccessParser
from parsers.plain import PlainParser
from tests.parsers import samples
from tests.parsers.everything import assert_each_byte_in_one_event

ACCESS = samples.ACCESS[0]
ERROR = (
    b"2026/01/22 14:59:12 [error] 7#8: *9 connect() failed (111: Connection refused) while "
    b'connecting to upstream, client: 192.0.2.7, server: _, request: "GET / HTTP/1.1", '
    b'upstream: "http://192.0.2.1:8000/", host: "example.org"'
)
FASTCGI = (
    b'2026/01/22 14:59:12 [error] 7#8: *9 FastCGI sent in stderr: "PHP message: one',
    b'two" while reading response header from upstream, client: 192.0.2.8, server: _',
)
KLOG = samples.KLOG[0]
JSON = samples.JSON[0]
PYTHON = b"2026-01-22 14:59:12,123 ERROR app: failed"
TRACEBACK = (b"Traceback (most recent call last):", b"  File", b"ValueError: no such thing")
BANNER = b"/docker-entrypoint.sh: Configuration complete; ready for start up"


def block(*lines: bytes) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def parser(*head: bytes) -> MixedParser:
    found = parser_for("auto", head=block(*head))
    assert isinstance(found, MixedParser)
    return found


def formats(batch: Batch) -> list[str]:
    return [event.format for event in batch.events()]


def test_each_record_of_a_mixed_log_finds_its_parser():
    lines = (ACCESS, ERROR, ACCESS, *FASTCGI, ACCESS, KLOG, JSON, PYTHON, *TRACEBACK, ACCESS)

    events = list(parser(*lines).parse(Block(block(*lines), "a.log", 100)).events())

    assert [
        *("nginx_access", "nginx_error", "nginx_access", "nginx_error", "nginx_access"),
        *("klog", "json", "python", "nginx_access"),
    ] == [event.format for event in events]
    assert all(event.parsed for event in events)
    assert [1, 1, 1, 2, 1, 1, 1, 4, 1] == [event.lines for event in events]
    assert ["192.0.2.7", "192.0.2.8"] == [
        event.fields["client"] for event in events if event.format == "nginx_error"
    ]


@pytest.mark.parametrize(
    ("head", "later"), [((ACCESS,), ERROR), ((ERROR,), ACCESS), ((BANNER,) * 9, ACCESS)]
)
def test_what_a_head_did_not_show_is_parsed_when_it_comes(head, later):
    batch = parser(*head).parse(Block(block(*head, later, later)))

    assert [event.parsed for event in batch.events()][-2:] == [True, True]
    assert formats(batch)[-1] == ("nginx_access" if later is ACCESS else "nginx_error")


def test_a_foreign_line_ends_a_record_of_several_lines():
    lines = (*FASTCGI, ACCESS, b"stray text", ERROR)

    events = list(parser(ERROR, ACCESS).parse(Block(block(*lines))).events())

    assert events[0].lines == 2
    assert (events[2].message, events[2].format, events[2].lines) == ("stray text", "plain", 1)


def test_text_in_a_traceback_that_looks_like_another_format_without_time_stays_in_it():
    lines = (PYTHON, *TRACEBACK, b"ERROR:app:not a record", b'{"detail": 5}', PYTHON)

    events = list(parser(*lines).parse(Block(block(*lines))).events())

    assert [6, 1] == [event.lines for event in events]


def test_a_log_that_changes_its_format_is_followed():
    custom = COMBINED.replace(" - ", " ") + " $request_time"
    later = b'192.0.2.7 bob [22/Jan/2026:14:53:35 +0000] "GET /a HTTP/1.1" 200 5 "-" "-" 0.5'
    mixed = parser(*[ACCESS] * 9)

    batch = mixed.parse(Block(block(*[later] * 9)))

    assert batch.parsed.all()
    assert parser_for(custom).parse(Block(block(later))).parsed.all()
    assert isinstance(mixed.main, AccessParser)
    assert "http_user_agent" in mixed.main.fields
    assert mixed.parse(Block(block(*[later] * 9))).parsed.all()


def test_the_name_of_a_log_does_not_change_with_its_lines():
    mixed = parser(*[BANNER] * 9)

    mixed.parse(Block(block(*[ACCESS] * 9)))

    assert mixed.name == "plain"
    assert not isinstance(mixed.main, PlainParser)


def test_the_format_of_most_lines_is_that_of_the_log():
    assert isinstance(parser(ERROR, *[ACCESS] * 20).main, AccessParser)
    assert isinstance(parser(*[BANNER] * 5, ERROR, *[ACCESS] * 9).main, AccessParser)


@pytest.mark.parametrize("last", [ACCESS, KLOG, ERROR, FASTCGI[1], TRACEBACK[1], BANNER])
@pytest.mark.parametrize("head", [(ACCESS, ACCESS), (ERROR, ERROR), (PYTHON, PYTHON), (BANNER,)])
def test_only_what_may_still_go_on_is_held_back(head, last):
    raw = block(*head, *FASTCGI, ACCESS, *head, last)
    mixed = parser(*head)

    done = mixed.complete(raw)

    first = list(mixed.parse(Block(raw[:done])).events())
    rest = list(mixed.parse(Block(raw[done:], "", done)).events())
    assert list(parser(*head).parse(Block(raw)).events()) == [*first, *rest]
    if last is ACCESS:
        assert done == len(raw)


def test_columns_of_a_mixed_batch_are_those_of_its_formats():
    batch = parser(ACCESS).parse(Block(block(ACCESS, ERROR, ACCESS)))

    status, client = batch.column("status"), batch.column("client")

    assert [200, None, 200] == list(status.values())
    assert [None, "192.0.2.7", None] == list(client.values())
    assert ["200", None, "200"] == status.labels().values()
    assert [True, False, True] == status.numbers().present.tolist()
    assert [None, 200] == list(status.take(np.array([1, 2])).values())
    with pytest.raises(KeyError):
        batch.column("no such field")


def test_a_log_of_one_format_is_read_as_if_it_were_named():
    raw = block(*[ACCESS] * 500)
    named, mixed = parser_for("combined"), parser(ACCESS)

    batch = mixed.parse(Block(raw))

    assert batch.formats is None
    assert id(batch.cutter) == id(mixed.main)
    assert list(named.parse(Block(raw)).events()) == list(batch.events())


def test_lines_of_another_format_between_two_records_keep_them_apart():
    """Without the access line, the second would look like the exception of the first."""
    raw = block(b"Traceback (most recent call last):", ACCESS, b"INFO:app.web:started", ACCESS)

    events = list(parser_for("auto", head=b"\n").parse(Block(raw)).events())

    assert ["plain", "nginx_access", "plain", "nginx_access"] == [each.format for each in events]
    assert "INFO:app.web:started" == events[2].message


@pytest.mark.timeout(60)
@settings(max_examples=30)
@given(head=samples.blocks, raw=samples.blocks | st.binary(max_size=200))
def test_every_line_is_in_one_record_and_no_bytes_raise(head, raw):
    mixed = parser_for("auto", head=head or b"\n")

    assert_each_byte_in_one_event(mixed, raw)

    batch = mixed.parse(Block(raw, "a.log", 1000))
    events = list(batch.events())
    assert [1000 + start for start in batch.origins().tolist()] == [each.offset for each in events]
    records = batch.records().values()
    rows = [row for row, fits in enumerate(batch.parsed.tolist()) if not fits]
    assert [records[row] for row in rows] == [each.message for each in events if not each.parsed]


@settings(max_examples=60)
@given(head=samples.blocks, raw=samples.blocks)
def test_what_is_complete_are_whole_lines(head, raw):
    done = parser_for("auto", head=head or b"\n").complete(raw)

    assert 0 <= done <= len(raw)
    assert raw[:done].endswith(b"\n") or not done


@pytest.mark.parametrize(
    "line", [b"x" * 70, b"] [22/Jan/2026:14:53:35 +0000] ", b"{", b"[2026-01-"]
)
def test_lines_that_fit_nothing_cost_no_more_than_their_size(line):
    raw = block(*[line] * (300_000 // len(line)))
    mixed = parser(ACCESS)
    began = time.process_time()

    mixed.parse(Block(raw))

    assert time.process_time() - began < 4


BANNER = b"".join(b"  :: line %d of a banner ::\n" % number for number in range(8))
SPRING = (
    b"2026-01-02 03:04:05.678  INFO 7 --- [           main] com.example.shop.ShopApplication"
    b"         : Started\n"
)


def formats_of(parser, raw):
    return set(parser.parse(Block(raw)).format_of().values())


def test_a_log_that_began_with_a_banner_gets_its_format_when_it_has_grown():
    parser = parser_for("auto", head=BANNER)

    parser.parse(Block(BANNER))
    found = [formats_of(parser, SPRING * 4) for _ in range(6)]

    assert {"spring"} == found[-1]


def test_a_long_traceback_in_a_young_log_does_not_change_its_format():
    parser = parser_for("auto", head=SPRING * 5)

    parser.parse(Block(SPRING * 5 + b"java.lang.Error: no\n" + b"\tat a.b.C(D.java:1)\n" * 150))

    assert {"spring"} == formats_of(parser, SPRING)


def test_a_grown_log_keeps_nothing_to_choose_from():
    parser = parser_for("auto", head=SPRING)

    for _ in range(60):
        parser.parse(Block(SPRING * 5))

    assert isinstance(parser, MixedParser)
    assert parser.young is None
    grown = parser_for("auto", head=SPRING * 300)
    assert isinstance(grown, MixedParser)
    assert grown.young is None
