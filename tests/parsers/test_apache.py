"""Apache's LogFormat is read as the log_format that says the same."""

import pytest

from parsers.apache import as_nginx, is_log_format
from parsers.block import Block
from parsers.formats import parser_for
from parsers.layout import LayoutError

COMBINED = r"%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\""


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("%h", "${remote_addr}"),
        ("%t %>s", "[${time_local}] ${status}"),
        ("%{X-Request-Id}i", "${http_x_request_id}"),
        ("%{Set-Cookie}o %{sid}C", "${sent_http_set_cookie} ${cookie_sid}"),
        ("%v:%p %{c}a", "${host}:${server_port} ${remote_addr}"),
        ("%D %{ms}T 100%%", "${request_time_us} ${request_time_ms} 100%"),
        (r"\"%r\"", '"${request}"'),
    ],
)
def test_a_directive_becomes_the_variable_for_the_same_thing(text: str, same: str) -> None:
    assert as_nginx(text) == same


def test_a_line_of_a_log_format_is_read() -> None:
    line = b'192.0.2.7 - bob [02/Jan/2026:03:04:05 +0000] "GET /a HTTP/1.1" 503 512 "-" "curl"'

    event = next(parser_for(COMBINED).parse(Block(line)).events())

    assert (event.time, event.severity.label) == ("2026-01-02T03:04:05+00:00", "error")
    assert (event.fields["remote_user"], event.fields["bytes_sent"]) == ("bob", 512)


@pytest.mark.parametrize("text", ["%(asctime)s %(message)s", "$remote_addr $status", "combined"])
def test_other_formats_are_no_log_format(text: str) -> None:
    assert not is_log_format(text)


def test_an_unknown_directive_is_refused_with_its_place() -> None:
    with pytest.raises(LayoutError, match="column 4: %Z is no directive"):
        as_nginx("%h %Z")
