"""`replay`: every line of every file is accounted for, and both outputs are the contract's."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import cast

import orjson
import pytest
from rich.console import Console

from agent.commands import replay as replay_command
from agent.console import printable
from agent.contract import Event
from agent.measures import defaults
from agent.pipeline import Pipeline
from agent.progress import progress_bar
from agent.records import Limits
from agent.replay import Replay
from agent.story import Story
from agent.summary import show_summary
from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.formats import Options, parser_for
from tests.agent.command import RULES, logtell

ACCESS = (
    b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET / HTTP/1.1" 200 12 "-" "curl" rt=0.250\n'
    b'192.0.2.2 - - [22/Jan/2026:14:53:36 +0000] "POST /a HTTP/1.1" 502 7 "-" "curl" rt=0.750\n'
)
TRACEBACK = (
    b"ERROR:app:boom\nTraceback (most recent call last):\n"
    + b'  File "a.py", line 1, in <module>\n' * 3
    + b"ValueError: no\n"
)
HOSTILE: dict[str, tuple[bytes, int, int]] = {  # name: (bytes, lines, truncated)
    "empty": (b"", 0, 0),
    "one newline": (b"\n", 1, 0),
    "blank lines": (b"\n\n\n", 3, 0),
    "no final newline": (b"a\nb", 2, 0),
    "crlf": (b"a\r\nb\r\n\r\n", 3, 0),
    "nuls": (b"a\0b\n\0\0c\n\0\n", 3, 0),
    "invalid utf-8": (b"\xff\xfe\n\x80\x81", 2, 0),
    "escapes": (b"\x1b]0;x\x07\x1b[2J\n", 1, 0),
    "10 MB line": (b"a\n" + b"x" * 10_000_000 + b"\nb\n", 3, 1),
    "10 MB line at the end": (b"a\n" + b"x" * 10_000_000, 2, 1),
    "two long lines": ((b"x" * 300_000 + b"\n") * 2, 2, 2),
    "traceback over the limit": (TRACEBACK + b"  more\n" * 400_000 + TRACEBACK, 400_012, 0),
    "traceback at the end": (TRACEBACK, 6, 0),
    "access": (ACCESS * 1000, 2000, 0),
    "carriage returns": (b"a\rb\rc\n", 1, 0),
    "other line ends": ("a\u2028b\x0bc\x0cd\x85\n".encode(), 1, 0),
    "json": (b'{"msg":"a"}\n{"msg":\n[]\nnull\n', 4, 0),
    "mixed": (ACCESS + TRACEBACK + b'{"msg":"a"}\n', 9, 0),
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lambda raw: lzma.compress(raw, preset=0),
}


def replayed(path: Path, log_format: str) -> Replay:
    """As the command does it, but with the rules that are loaded already."""
    replay = Replay(
        Pipeline(RULES, defaults()),
        lambda head: parser_for(log_format, Options(UTC), head=head),
    )
    replay.read([str(path)])
    return replay


@pytest.mark.parametrize("log_format", ["auto", "python", "nginx_error", "combined", "json"])
@pytest.mark.parametrize("name", HOSTILE)
def test_lines_read_are_the_lines_of_the_file(tmp_path: Path, name: str, log_format: str) -> None:
    raw, lines, truncated = HOSTILE[name]
    (tmp_path / "a.log").write_bytes(raw)

    replay = replayed(tmp_path / "a.log", log_format)
    found = replay.lines()

    assert (found["read"], found["truncated"]) == (lines, truncated)
    assert found["read"] == sum(found[key] for key in found if key != "read")
    assert (replay.is_whole(), replay.troubles) == (not truncated, [])
    assert replay.out_of_balance() == ""
    assert replay.ledger.total("bytes.seen") == len(raw)


@pytest.mark.parametrize(("name", "code"), [("mixed", 0), ("two long lines", 1), ("empty", 0)])
def test_the_exit_code_says_whether_every_line_went_through_whole(name: str, code: int) -> None:
    ran = logtell("replay", "--quiet", "-", stdin=HOSTILE[name][0])

    assert (ran.code, ran.out, ran.err) == (code, b"", "")


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("name", ["empty", "no final newline", "crlf", "mixed", "two long lines"])
def test_a_container_changes_nothing(tmp_path: Path, name: str, packed: str) -> None:
    raw, lines, _ = HOSTILE[name]
    (tmp_path / "a.log").write_bytes(PACKED[packed](raw))

    assert replayed(tmp_path / "a.log", "auto").lines()["read"] == lines


@pytest.mark.parametrize("packed", PACKED)
def test_standard_input_may_be_compressed(packed: str) -> None:
    ran = logtell("replay", "--metrics", "-", "-", stdin=PACKED[packed](HOSTILE["mixed"][0]))

    assert orjson.loads(ran.out)["lines"]["read"] == 9


def test_events_and_lines_agree(tmp_path: Path) -> None:
    raw = HOSTILE["mixed"][0]

    ran = logtell("replay", "--format", "python", "--events", "-", "-", stdin=raw)
    events = ran.json_lines()

    assert sum(event["origin"]["lines"] for event in events) == 9
    assert [Event.model_validate(event).source for event in events] == ["python"] * len(events)


def test_metrics_have_exactly_the_keys_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)

    found = orjson.loads(logtell("replay", "--metrics", "-", tmp_path / "a.log").out)

    assert list(found) == ["counters", "timers", "values", "lines"]
    assert list(found["lines"]) == ["read", "parsed", "unparsed", "truncated", "dropped"]
    assert found["timers"] == {
        "nginx_access.request_time": {
            "count": 2,
            "sum": 1000.0,
            "min": 250.0,
            "max": 750.0,
            "p50": 250.0,
            "p90": 750.0,
            "p99": 750.0,
        }
    }
    assert found["values"] == {}
    assert found["counters"]["nginx_access.requests.status.5xx"] == 1
    assert all(isinstance(count, int) for count in found["counters"].values())


def test_outputs_go_to_files_with_the_summary_on_standard_output(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)
    events, metrics = tmp_path / "events.jsonl", tmp_path / "metrics.json"

    ran = logtell("replay", "--events", events, "--metrics", metrics, tmp_path / "a.log")

    assert len(events.read_bytes().splitlines()) == 2
    assert orjson.loads(metrics.read_bytes())["lines"]["read"] == 2
    assert b"2 lines of 1 file" in ran.out


@pytest.mark.parametrize("option", ["--events", "--metrics"])
def test_with_standard_output_as_output_there_is_nothing_else_on_it(option: str) -> None:
    ran = logtell("replay", option, "-", "-", stdin=ACCESS)

    assert (ran.code, ran.err) == (0, "")
    orjson.loads(
        ran.out if option == "--metrics" else b"[" + ran.out.replace(b"\n", b",", 1) + b"]"
    )


def test_two_outputs_cannot_share_standard_output() -> None:
    ran = logtell("replay", "--events", "-", "--metrics", "-", "-")

    assert (ran.code, ran.out) == (2, b"")
    assert "--events and --metrics both go to standard output" in ran.err


def test_events_of_several_files_come_in_order_with_their_paths(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(f"INFO:x:{name}\n".encode())

    ran = logtell("replay", "--events", "-", tmp_path / "b", tmp_path / "a")

    assert [event["origin"]["path"] for event in ran.json_lines()] == [
        f"{tmp_path}/b",
        f"{tmp_path}/a",
    ]


def test_a_bad_file_does_not_stop_the_others_and_shows_in_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"INFO:a:b\n")

    ran = logtell("replay", "--metrics", "-", tmp_path / "none", tmp_path, tmp_path / "a.log")

    assert ran.code == 1
    assert orjson.loads(ran.out)["lines"]["read"] == 1
    assert ran.err.splitlines() == [
        f"logtell: {tmp_path}/none: no such file or directory",
        f"logtell: {tmp_path}: is a directory",
    ]


def test_a_truncated_gz_counts_what_it_holds_and_exits_with_1(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"INFO:a:%d\n" % number for number in range(200_000)))[:-20]
    rest = zlib.decompressobj(wbits=31).decompress(packed)
    (tmp_path / "a.gz").write_bytes(packed)

    ran = logtell("replay", "--metrics", "-", tmp_path / "a.gz")

    assert ran.code == 1
    assert orjson.loads(ran.out)["lines"]["read"] == len(rest.splitlines())
    assert "a.gz: broken off" in ran.err


def test_a_broken_gz_is_on_the_page_and_what_came_of_it_adds_up(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b"INFO:a:%d\n" % number for number in range(200_000)))
    middle = len(packed) // 2
    (tmp_path / "a.gz").write_bytes(packed[:middle] + bytes(100) + packed[middle:])
    (tmp_path / "b.log").write_bytes(b"INFO:a:b\n")

    ran = logtell("replay", tmp_path / "a.gz", tmp_path / "b.log")
    replay = replayed(tmp_path / "a.gz", "auto")

    assert ran.code == 1
    assert b"Not read whole: " in ran.out
    assert "a.gz: broken off" in ran.err
    assert replay.out_of_balance() == ""
    assert replay.ledger.total("bytes.seen") == replay.ledger.total("bytes.read") > 0
    assert f"{replay.lines()['read'] + 1:,} lines of 2 files" in ran.out.decode()


class Losing:
    """A parser with a defect: it loses the last line of each block."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser

    def __getattr__(self, name: str) -> object:
        return getattr(self._parser, name)

    def parse(self, block: Block) -> Batch:
        raw = block.raw[: block.raw.rstrip(b"\n").rfind(b"\n") + 1]
        return self._parser.parse(Block(raw, block.path, block.offset))


def test_a_parser_that_loses_a_line_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(ACCESS)
    replay = Replay(
        Pipeline(RULES, []), lambda head: cast(Parser, Losing(parser_for("auto", head=head)))
    )
    replay.read([str(tmp_path / "a.log")])

    console = Console(width=100, file=io.StringIO(), record=True)
    show_summary(console, replay, Story(), 1.0)

    words = "out of balance by 1 lines and 0 bytes; this is a defect of logtell"
    assert (replay.is_whole(), replay.out_of_balance()) == (False, words)
    assert words in console.export_text()


def test_standard_input_may_be_named_twice_and_then_is_empty() -> None:
    ran = logtell("replay", "--metrics", "-", "-", "-", stdin=b"INFO:a:b\n")

    assert (ran.code, orjson.loads(ran.out)["lines"]["read"]) == (0, 1)


@pytest.mark.parametrize("name", ["a\x1b[31m\u202e.log", "[red]x[red].log", ":bug:.log"])
def test_an_odd_file_name_reaches_no_terminal_raw(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"ERROR:a:b\n")

    ran = logtell("replay", tmp_path / name, tmp_path / f"missing{name}")
    shown = ran.out.decode() + ran.err

    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert ran.code == 1


def test_a_file_name_of_any_bytes_is_read(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.log")
    Path(path).write_bytes(b"INFO:a:b\n")

    ran = logtell("replay", "--events", "-", path)

    assert ran.json_lines()[0]["origin"]["path"] == f"{tmp_path}/a\\xff.log"


def test_measures_and_rules_of_a_configuration_are_used(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "measures:\n  - counter: posts\n    where: {request_method: POST}\n"
    )

    ran = logtell("replay", "-c", tmp_path / "c.yaml", "--metrics", "-", "-", stdin=ACCESS)

    assert orjson.loads(ran.out)["counters"]["nginx_access.posts"] == 1


@pytest.mark.parametrize("name", ["web.log", "web.log.2.gz", "web-20260102.log"])
def test_a_rotated_log_of_a_source_is_read_as_the_source_says(tmp_path: Path, name: str) -> None:
    (tmp_path / "c.yaml").write_text(
        f"sources:\n  web:\n    paths: {tmp_path}/*.log\n"
        "    format: '$time_iso8601 $status $request_uri'\n    routes: /shop/:what\n"
        "    severities: {404: critical}\n"
    )
    raw = b"2026-01-02T03:04:05+00:00 404 /nowhere\n2026-01-02T03:04:06+00:00 200 /shop/tea\n"
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)

    ran = logtell("replay", "-c", tmp_path / "c.yaml", "--metrics", "-", tmp_path / name)
    counters = orjson.loads(ran.out)["counters"]

    assert counters["nginx_access.requests.route.shop__-what"] == 1
    assert counters["nginx_access.events.severity.critical"] == 1


def test_a_named_format_wins_over_that_of_a_source(tmp_path: Path) -> None:
    config, log = tmp_path / "c.yaml", tmp_path / "app.log"
    log.write_bytes(b"INFO:a:b\n")
    config.write_text(f"sources: {{app: {{paths: {log}, format: json}}}}\n")

    ran = logtell("replay", "-c", config, "--format", "python", "--metrics", "-", log)

    assert orjson.loads(ran.out)["lines"]["parsed"] == 1


def test_a_measure_whose_name_looks_like_lines_does_not_change_the_account(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("measures:\n  - counter: x.lines\n    by: request_method\n")
    raw = ACCESS.replace(b"POST", b"DROPPED").replace(b"GET", b"READ")

    ran = logtell("replay", "-c", tmp_path / "c.yaml", "--metrics", "-", "-", stdin=raw)

    assert (ran.code, orjson.loads(ran.out)["lines"]["read"]) == (0, 2)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("measures:\n  - countr: x\n", "unknown key `countr`"),
        ("rules: {folders: missing-folder}\n", "no such folder of rules"),
    ],
)
def test_a_wrong_configuration_is_said_before_anything_is_read(
    tmp_path: Path, config: str, complaint: str
) -> None:
    (tmp_path / "c.yaml").write_text(config)

    ran = logtell("replay", "-c", tmp_path / "c.yaml", "--events", tmp_path / "out", "-")

    assert (ran.code, ran.out, (tmp_path / "out").exists()) == (78, b"", False)
    assert complaint in ran.err


@pytest.mark.parametrize("bad", ["nginx", "$a$b", "%(asctime)s"])
def test_a_wrong_format_is_a_usage_error(bad: str) -> None:
    ran = logtell("replay", "--format", bad, "-")

    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith("logtell: --format: ")
    assert "\n  fix: " in ran.err


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    ran = logtell("replay", "--events", tmp_path / "no" / "out", "-", stdin=ACCESS)

    assert ran.code == 1
    assert f"{tmp_path}/no/out: No such file or directory" in ran.err


@pytest.mark.parametrize("command", [("replay", "--events", "-", "-"), ("explain", "--json", "-")])
def test_a_full_disk_behind_standard_output_is_said_and_not_a_traceback(
    command: tuple[str, ...],
) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ran = subprocess.run(
            [sys.executable, "-m", "agent.cli", *command],
            input=ACCESS,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert ran.returncode == 1
    assert ran.stderr.decode().splitlines()[0] == "logtell: output: No space left on device"
    assert b"Traceback" not in ran.stderr


def test_a_closed_pipe_behind_standard_output_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [sys.executable, "-m", "agent.cli", "replay", "--events", "-", "-"],
        input=ACCESS * 10_000,
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert (ran.returncode, ran.stderr) == (0, b"")


def test_progress_is_reported_up_to_the_size_of_the_file_on_disk(tmp_path: Path) -> None:
    packed = gzip.compress(b"INFO:a:b\n" * 100_000)
    (tmp_path / "a.gz").write_bytes(packed)
    seen: list[int] = []
    replay = Replay(
        Pipeline(RULES, []),
        lambda head: parser_for("python", head=head),
        progress=lambda _path, position: seen.append(position),
        limits=Limits(max_line_bytes=1000, max_record_bytes=10_000),
    )
    replay.read([f"{tmp_path}/a.gz"])

    assert seen == sorted(seen)
    assert seen[-1] == len(packed)
    assert replay.lines()["read"] == 100_000


def test_the_help_names_every_option_of_the_contract() -> None:
    assert {"--format", "--events", "--metrics"} <= set(
        logtell("replay", "--help").out.decode().replace("[", " ").split()
    )
    assert "examples:" in replay_command.EXAMPLES


@pytest.mark.parametrize("name", ["a\x1b[41mb\u202e", "[bold]x", "[/x]"])
def test_an_odd_file_name_in_the_progress_bar_steers_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as on a terminal
    monkeypatch.setenv("COLUMNS", "200")

    with progress_bar([name]) as report:
        report(name, 5)
    shown = capsys.readouterr().err

    assert printable(name.rpartition("/")[2]) in shown
    assert "\x1b[41m" not in shown
    assert "\u202e" not in shown


def test_a_replayed_file_s_time_tells_the_year(tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_bytes(b"Dec 31 23:59:59 host app[7]: a\nJan  1 00:00:01 host app[7]: b\n")
    os.utime(log, (0, 1704150000))  # 2024-01-01T23:00Z

    ran = logtell("replay", "--quiet", "--format", "plain", "--events", "-", log)

    assert [event["time"][:19] for event in ran.json_lines()] == [
        "2023-12-31T23:59:59",
        "2024-01-01T00:00:01",
    ]
