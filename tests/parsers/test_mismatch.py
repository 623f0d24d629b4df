"""Where a line and its format part ways: what was expected, and a caret in each of the two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.mismatch import mismatch
from parsers.nginx_access import access_parser
from tests.parsers.samples import lines
from tests.parsers.test_both_paths import drawn_line, escapes, log_formats

COMMON = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
HEAD = '192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1"'
# Each case: the format, the line, and what is said of it.
CASES = (
    (
        f'{COMMON} "$http_referer"',
        f"{HEAD} 200 512",
        """\
expected ' "' after $body_bytes_sent, found the end of the line
$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
                                                                             ^
192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512
                                                                   ^""",
    ),
    (
        f'{COMMON} "$http_referer"',
        f'{HEAD} 200 512 "-" "-"',
        """\
expected the end of the line after $http_referer, found ' "-"'
$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer"
                                                                                             ^
192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512 "-" "-"
                                                                       ^""",
    ),
    (
        '$remote_addr "$request" $status',
        '192.0.2.7 "GET / HTTP/1.1" 20x',
        """\
expected $status, which is 3 bytes of digits, after $request, found '20x'
$remote_addr "$request" $status
                        ^
192.0.2.7 "GET / HTTP/1.1" 20x
                           ^""",
    ),
    (
        "[$time_iso8601] ${request_time}s",
        "started",
        """\
expected '[' at the start, found 'started'
[$time_iso8601] ${request_time}s
^
started
^""",
    ),
    (
        "$remote_addr|$request|$http_user_agent|$status",
        "192.0.2.7|GET /a|b|curl|200",
        """\
'|' stands more often than in the format, so that nothing tells where $request ends
$remote_addr|$request|$http_user_agent|$status
            ^
192.0.2.7|GET /a|b|curl|200
                       ^""",
    ),
    (
        'escape=none "$request" $status "$http_user_agent"',
        '"GET /" 200 "a" b"',
        """\
expected the end of the line after $http_user_agent, found ' b"'
"$request" $status "$http_user_agent"
                                     ^
"GET /" 200 "a" b"
               ^""",
    ),
    (
        "$upstream_status $http_x_request_id",
        "200 : 200 x",
        """\
nothing tells where $upstream_status ends, for what follows looks like a part of it
$upstream_status $http_x_request_id
^
200 : 200 x
   ^""",
    ),
)


def pointed(text: str, at: int) -> str:
    return f"{text}\n{' ' * at}^"


@pytest.mark.parametrize(("log_format", "line", "shown"), CASES)
def test_the_place_is_shown_in_the_format_and_in_the_line(log_format, line, shown):
    found = mismatch(access_parser(log_format).layout, line.encode())

    assert shown == "\n".join(
        (found.what, pointed(found.format, found.format_at), pointed(line, found.at))
    )


@settings(max_examples=200)
@given(st.data())
def test_any_line_has_a_place(data):
    pieces = data.draw(log_formats())
    try:
        layout = access_parser(data.draw(escapes()) + "".join(pieces)).layout
    except ValueError:
        return
    line = data.draw(lines) if data.draw(st.booleans()) else drawn_line(data.draw, pieces)

    found = mismatch(layout, line)

    assert 0 <= found.at <= len(line)
    assert 0 <= found.format_at <= len(found.format)
    assert found.what


def test_a_line_of_separators_keeps_nobody_waiting():
    layout = access_parser("|".join(f"$http_{name}" for name in "abcdefghijkl")).layout

    assert "|" in mismatch(layout, b"|" * (1 << 20)).what
