"""The format is found from the first lines of a log, also when a few of them are odd."""

import pytest

from parsers.any_of import AnyOf
from parsers.formats import parser_for
from parsers.json_lines import JsonParser
from parsers.nginx_access import AccessParser
from parsers.nginx_error import NginxErrorParser
from parsers.plain import PlainParser
from parsers.python_log import PythonParser

AUTO = parser_for("auto")
COMBINED = '192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8.9.1"'
COMMON = COMBINED[: -len(' "-" "curl/8.9.1"')]
ERROR = "2026/01/22 14:59:12 [error] 7#8: *9 text, client: 192.0.2.7, server: _"
KINDS = {
    "combined": (COMBINED, AccessParser),
    "common": (COMMON, AccessParser),
    "main": (f'{COMBINED} "-"', AccessParser),
    "vhost": (f"example.org {COMBINED}", AccessParser),
    "vhost_combined": (f"example.org:443 {COMBINED}", AccessParser),
    "combined and more": (f'{COMBINED} rt=0.250 urt="0.240"', AccessParser),
    "nginx_error": (ERROR, NginxErrorParser),
    "json": ('{"level": "info", "msg": "text"}', JsonParser),
    "python default": ("INFO:app:text", PythonParser),
    "python with time": ("2026-01-22 14:59:12,123 - app - INFO - text", PythonParser),
    "python with brackets": ("[app][INFO  ] text", PythonParser),
    "plain": ("some text without a shape", PlainParser),
    "syslog": ("Jan 22 14:59:12 host app[7]: text", PlainParser),
}


def choose(*lines: str):
    assert isinstance(AUTO, AnyOf)
    return AUTO.choose("".join(f"{line}\n" for line in lines).encode()).parser


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lines", [1, 3, 100, 500])
def test_each_kind_of_log_is_known(kind, lines):
    line, expected = KINDS[kind]

    assert isinstance(choose(*[line] * lines), expected)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "plain" not in kind])
@pytest.mark.parametrize("odd", ["", "service starting", "\0\0\0\0", "ERROR what", "}", '"'])
def test_a_few_odd_lines_at_the_head_change_nothing(kind, odd):
    line, expected = KINDS[kind]

    assert isinstance(choose(odd, odd, *[line] * 10, odd), expected)


@pytest.mark.parametrize("head", [b"", b"\n\n\n", b"\0" * 1000, b"\xff\xfe", b"half"])
def test_without_a_shape_a_log_is_plain(head):
    assert isinstance(AUTO, AnyOf)

    verdict = AUTO.choose(head)

    assert isinstance(verdict.parser, PlainParser)


def test_one_line_that_looks_like_python_does_not_swallow_a_log():
    lines = ["INFO: app: starting", *(f"request {number} done" for number in range(50))]

    assert isinstance(choose(*lines), PlainParser)


def test_tracebacks_do_not_hide_a_python_log():
    record = ("ERROR:app:failed", "Traceback (most recent call last):", "  File", "ValueError: no")

    assert isinstance(choose(*record * 5), PythonParser)


def test_fastcgi_records_of_several_lines_do_not_hide_an_nginx_log():
    record = (f'{ERROR[:35]}FastCGI sent in stderr: "PHP message: a', "PHP message: b", 'c" while')

    assert isinstance(choose(*record * 5), NginxErrorParser)


def test_the_longest_format_that_fits_is_chosen():
    parser = choose(f'{COMBINED} "192.0.2.1"')

    assert "http_x_forwarded_for" in parser.fields
    assert "http_x_forwarded_for" not in choose(COMBINED).fields
