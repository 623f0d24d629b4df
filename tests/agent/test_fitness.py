"""A source whose lines do not fit says so once, with the reason and without the line itself."""

import logging

import numpy as np
import pytest

from agent.fitness import Fitness, shape
from agent.measures import defaults
from agent.pipeline import Pipeline
from agent.replay import Replay
from parsers.block import Block
from parsers.formats import format_name, parser_for
from rules.match import Matches
from tests.agent.command import RULES

ACCESS = (
    b'192.0.2.7 - - [22/Jan/2026:14:53:35 +0000] "GET /a?token=hunter2 HTTP/1.1" 200 5 "-" "c"\n'
)
ERROR = b"2026/01/22 14:59:12 [error] 7#8: *9 failed, client: 192.0.2.7, server: _\n"
ODD = b"something of no known kind\n"
NONE = np.zeros(0, np.int64)


class Following:
    """A source, and what is said about it."""

    def __init__(self, log_format: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "agent.fitness")
        self._parser = parser_for(log_format)
        self._fitness = Fitness()
        self._offset = 0
        self._said = caplog

    def reads(self, raw: bytes, *, truncated: bool = False) -> list[str]:
        """What is said because of this block."""
        before = len(self._said.messages)
        block = Block(raw, "/var/log/a.log", self._offset, truncated=truncated)
        self._offset += len(raw)
        batch = self._parser.parse(block)
        self._fitness.take(batch, Matches(batch, (), NONE, NONE), "web")
        return self._said.messages[before:]


@pytest.fixture
def combined(caplog: pytest.LogCaptureFixture) -> Following:
    return Following("combined", caplog)


def test_lines_that_fit_say_nothing(combined: Following):
    assert combined.reads(ACCESS * 500 + ODD * 5) == []


def test_a_source_says_once_that_its_lines_do_not_fit(combined: Following):
    combined.reads(ACCESS * 200)

    (said,) = combined.reads(ERROR * 200)

    assert said.startswith("web: 200 of the last 400 records do not fit format nginx_access")
    assert f"the first at byte {len(ACCESS) * 200} of /var/log/a.log" in said
    assert "set `format: nginx_error`" in said
    assert [] == combined.reads(ERROR * 500) == combined.reads(ODD * 500)


def test_it_is_said_again_after_the_source_has_fitted_again(combined: Following):
    combined.reads(ODD * 200)

    well = [said for _ in range(8) for said in combined.reads(ACCESS * 2000)]
    again = [said for _ in range(8) for said in combined.reads(ODD * 2000)]

    assert ["web: its lines fit format nginx_access again"] == well
    assert len(again) == 1


def test_a_share_between_the_bounds_changes_nothing(combined: Following):
    combined.reads(ODD * 200)

    said = [each for _ in range(50) for each in combined.reads(ACCESS * 97 + ODD * 3)]

    assert said == []


def test_few_lines_say_nothing(combined: Following):
    assert combined.reads(ODD * 99) == []


def test_no_line_is_said_above_debug(caplog: pytest.LogCaptureFixture):
    source = Following("json", caplog)

    (said,) = source.reads(ACCESS * 200)

    assert "hunter2" not in said
    assert "192.0.2.7" not in said
    assert '000.0.0.0 - - [00/aaa/0000:00:00:00 +0000] "aaa /a?aaaaa=' in said
    assert "set `format: combined`" in said


def test_a_truncated_line_is_no_misfit(combined: Following):
    said = [each for _ in range(200) for each in combined.reads(b"x" * 100, truncated=True)]

    assert said == []


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (ACCESS, "combined"),
        (ERROR, "nginx_error"),
        (b'{"level":"info","msg":"a"}\n', "json"),
        (b"2026-01-02T03:04:05.1Z stderr F " + ERROR, "cri:nginx_error"),
        (ODD, None),
        (b"", None),
    ],
)
def test_the_format_that_lines_fit_has_a_name_that_can_be_configured(
    lines: bytes, name: str | None
):
    found = format_name(lines * 3)

    assert name == found
    assert found is None or parser_for(found).parse(Block(lines)).parsed.all()


def test_a_shape_has_no_control_characters_and_an_end():
    assert shape(b"key=\x1b[31m " + b"9" * 200) == "aaa=\\x1b[00a " + "0" * 70 + "…"


def test_a_replay_tells_at_its_end(tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(ACCESS * 60 + ODD * 40)
    replay = Replay(Pipeline(RULES, defaults()), lambda _head: parser_for("combined"))

    replay.read([str(log)])

    (said,) = replay.fitness.complaints()
    assert said.startswith("nginx_access: 40 of the last 100 records do not fit")
