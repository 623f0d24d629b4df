"""The journal's export format: entries, binary values, and what is cut."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from parsers.block import Block
from parsers.formats import Options, parser_for
from parsers.journald import JournaldParser, entries
from parsers.severity import Severity

HEAD = b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1769093952250000\n"
ENTRY = HEAD + b"PRIORITY=3\nSYSLOG_IDENTIFIER=app\nMESSAGE=it failed\n_PID=7\n\n"
LONG = b"first\n\nMESSAGE=second\xff"
BINARY = HEAD + b"MESSAGE\n" + len(LONG).to_bytes(8, "little") + LONG + b"\nPRIORITY=6\n\n"


def test_an_entry_is_an_event_with_its_fields() -> None:
    event = JournaldParser().parse(Block(ENTRY)).event(0)

    assert (event.time, event.severity.label, event.message, event.lines) == (
        *("2026-01-22T14:59:12.250000+00:00", "error", "it failed", 7),
    )
    assert event.fields == {"logger": "app", "__CURSOR": "s=1", "_PID": "7"}


def test_a_binary_value_may_hold_an_empty_line_and_what_looks_like_a_field() -> None:
    events = list(JournaldParser().parse(Block(BINARY + ENTRY)).events())

    assert [event.message for event in events] == ["first\n\nMESSAGE=second\\xff", "it failed"]
    assert [event.severity.label for event in events] == ["info", "error"]


def test_a_field_that_comes_again_is_a_list() -> None:
    raw = HEAD + b"MESSAGE=m\nTAG=a\nTAG=b\nTAG=c\n\n"

    assert JournaldParser().parse(Block(raw)).event(0).fields["TAG"] == ["a", "b", "c"]


def test_only_ended_entries_are_complete() -> None:
    raw = ENTRY + BINARY

    for cut in range(len(ENTRY), len(raw) - 1):
        assert JournaldParser().complete(raw[:cut]) == len(ENTRY)
    assert JournaldParser().complete(raw) == len(raw)


def test_an_export_is_found_by_its_first_line() -> None:
    parser = parser_for("auto", head=ENTRY)

    assert parser.parse(Block(ENTRY + BINARY)).format_of().values() == ["journald"] * 2


def test_what_is_no_entry_is_unparsed_and_the_next_is_found() -> None:
    raw = b"some text\nMESSAGE=no\n\n" + ENTRY

    assert JournaldParser().parse(Block(raw)).parsed.tolist() == [False, True]


parts = st.lists(
    st.sampled_from((ENTRY, BINARY, b"\n", b"KEY\n", b"\xff", b"MESSAGE=", b"\0" * 8))
    | st.binary(max_size=9)
)  # fmt: skip


@given(parts.map(b"".join))
def test_every_byte_is_in_one_entry(raw: bytes) -> None:
    at = 0
    for entry in entries(raw):
        assert entry.start == at
        assert entry.start <= entry.end <= entry.behind
        assert raw[entry.end : entry.behind].strip(b"\n") == b""
        at = entry.behind
    assert at == len(raw)
    assert JournaldParser().complete(raw) <= len(raw)
    list(JournaldParser().parse(Block(raw)).events())


def test_an_export_that_is_found_by_itself_is_read_with_the_options_of_its_source() -> None:
    options = Options(ZoneInfo("Asia/Tokyo"), severities={"404": Severity.CRITICAL})
    head = b"__CURSOR=s=1\nMESSAGE=a\n\n"

    found = parser_for("auto", options, head=head)

    assert found == parser_for("journald", options)
    assert found != parser_for("journald")


def test_a_value_whose_newline_has_not_come_yet_is_not_read_as_whole():
    raw = b"MESSAGE\n\x03\0\0\0\0\0\0\0a\n\n\r\n"
    parser = parser_for("journald")

    def messages(part: bytes) -> list[str]:
        return [each.message for each in parser.parse(Block(part)).events()]

    for cut in range(len(raw) + 1):
        size = parser.complete(raw[:cut])

        assert messages(raw) == messages(raw[:size]) + messages(raw[size:])


def test_a_second_empty_line_belongs_to_what_follows_it() -> None:
    raw = b"MESSAGE=a\n\n\nMESSAGE=b\n\nno entry\n\n\nMESSAGE=c\n\n"
    parser = JournaldParser()

    for end in range(len(raw) + 1):
        size = parser.complete(raw[:end])
        parts = [
            *parser.parse(Block(raw[:size])).events(),
            *parser.parse(Block(raw[size:])).events(),
        ]
        assert ["a", "b", "no entry", "c"] == [str(each.message).strip() for each in parts]
