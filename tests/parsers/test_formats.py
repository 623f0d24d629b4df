"""Formats by name, by the text of a `log_format`, by a `%`-style format."""

from datetime import timedelta, timezone

import pytest

from parsers.block import Block
from parsers.formats import NAMES, FormatError, Options, parser_for
from parsers.layout import LayoutError
from parsers.nginx_access import AccessParser
from parsers.python_log import PythonParser
from parsers.severity import Severity


@pytest.mark.parametrize("name", NAMES)
def test_every_name_makes_a_parser(name):
    parser = parser_for(name)

    assert len(parser.parse(Block(b"text\n"))) == 1


def test_a_text_with_variables_is_a_log_format():
    assert isinstance(parser_for("$remote_addr $status"), AccessParser)
    assert isinstance(parser_for("%(levelname)s %(message)s"), PythonParser)


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(FormatError) as error:
        parser_for("combind")

    assert error.value.what == 'unknown format "combind"'
    assert error.value.fix.startswith('did you mean "combined"? One of: combined, main,')


def test_an_ambiguous_text_is_a_layout_error():
    with pytest.raises(LayoutError, match="column 13: nothing separates"):
        parser_for("$remote_addr$request")


def test_a_head_decides_what_auto_is():
    assert parser_for("auto", head=b"text\n").name == "plain"
    assert isinstance(parser_for("python", head=b"[INFO] app: text\n"), PythonParser)


def test_options_reach_the_parsers():
    options = Options(timezone(timedelta(hours=1)), None, {"2xx": Severity.NOTICE})
    access = b'192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 5 "-" "-"\n'

    error = parser_for("nginx_error", options).parse(Block(b"2026/01/22 14:59:12 [info] a\n"))
    batch = parser_for("combined", options).parse(Block(access))

    assert error.event(0).time == "2026-01-22T14:59:12+01:00"
    assert [Severity.NOTICE] == batch.severity.tolist()
