"""The selftest itself: its plan, its writers, and a verdict that must fail when it should."""

import asyncio
import json
import shutil
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.ledger import Ledger as Outcomes
from agent.measures import defaults
from agent.pipeline import Pipeline
from agent.receiver import TimerTotals, Totals
from agent.selftest.evidence import examine
from agent.selftest.ledger import Ledger, Row, packed, read_ledger
from agent.selftest.lines import FORMS, Outcome, Stamps, draw
from agent.selftest.logs import KINDS, LOGS, MAX_LINE_BYTES
from agent.selftest.page import sentence
from agent.selftest.pen import open_log
from agent.selftest.plan import Do, Order, make_plan
from agent.selftest.rotations import copy_sparse
from agent.selftest.statsd import Statsd
from agent.selftest.subject import Life
from agent.selftest.verdict import Happened, Verdict, judge
from agent.selftest.watch import Watch
from agent.sinks import EventSink
from parsers.block import Block
from parsers.formats import Options, parser_for
from tests.agent.command import RULES, batch_of, logtell

RECORDS = 400  # in each log of a case that is made up
STAMPS = Stamps()


# The plan


def order(seed: int = 7, *, kinds: Sequence[str] = KINDS, kill: bool = False) -> Order:
    return Order(120, seed, tuple(kinds), kill)


def test_a_seed_always_gives_the_same_actions() -> None:
    assert make_plan(order(7, kill=True)) == make_plan(order(7, kill=True))
    assert make_plan(order(7)) != make_plan(order(8))


def test_each_kind_comes_once_before_any_comes_a_third_time() -> None:
    rotations = [action.kind for action in make_plan(order()) if action.do is Do.ROTATE]

    first = rotations[: 2 * (len(KINDS) - 1)]  # each may come twice at once

    assert {kind for kind in KINDS if kind != "down"} <= set(first)


def test_only_the_kinds_that_were_asked_for_come() -> None:
    plan = make_plan(order(kinds=["chain", "down"]))

    kinds = {action.kind for action in plan} | {
        kind for action in plan for _, kind in action.rotations
    }

    assert {"", "chain"} == kinds
    assert any(action.do is Do.DOWN for action in plan)


def test_only_with_kill_is_anything_killed_and_then_statsd_stays() -> None:
    gentle = {action.do for action in make_plan(order())}
    cruel = {action.do for action in make_plan(order(kill=True))}

    assert {Do.AWAY} == gentle - cruel
    assert {Do.KILL} == cruel - gentle
    assert not any(action.hard for action in make_plan(order()))


def test_nothing_is_deleted_while_nobody_is_there_to_hold_it() -> None:
    plans = [make_plan(order(seed, kill=True)) for seed in range(20)]

    down = [kind for plan in plans for action in plan for _, kind in action.rotations]

    assert "copytruncate" in down
    assert "delete" not in down


# What is written


@pytest.mark.parametrize("name", LOGS)
def test_the_parsers_make_of_each_record_what_its_form_says(name: str) -> None:
    form, log_format = FORMS[LOGS[name].form], LOGS[name].format
    records = [form(draw(name.encode(), number), STAMPS) for number in range(300)]

    batches = [batch_of(record.raw, log_format) for record in records]

    assert [1] * len(records) == [len(batch) for batch in batches]
    expected = [record.outcome is Outcome.PARSED for record in records]
    assert expected == [bool(batch.parsed[0]) for batch in batches]
    assert [record.lines for record in records] == [int(b.line_counts()[0]) for b in batches]


@pytest.mark.parametrize("name", LOGS)
def test_a_long_record_is_longer_than_the_limit_and_says_its_number_first(name: str) -> None:
    record = FORMS[LOGS[name].form](draw(name.encode(), 5, long_every=1), STAMPS)

    assert record.outcome is Outcome.TRUNCATED
    assert len(record.raw) > MAX_LINE_BYTES
    assert b"first.%b.5." % name.encode() in record.raw[:1024]


async def written_by_a_writer(folder: Path) -> Ledger:
    log = await open_log("app", LOGS["app"], folder / "app" / "app.log", 1)
    await log.ask("go")
    await log.ask("burst 700")
    while await log.ask("whole") < 700:
        await asyncio.sleep(0.02)
    await log.stop()
    return read_ledger(log.ledger)


def test_a_writer_notes_where_each_record_stands(tmp_path: Path) -> None:
    ledger = asyncio.run(written_by_a_writer(tmp_path))

    raw = (tmp_path / "app" / "app.log").read_bytes()
    spans = [(int(row["offset"]), int(row["offset"]) + int(row["length"])) for row in ledger]
    assert len(ledger) >= 700
    assert len(raw) == spans[-1][1]
    assert all(end == start for (_, end), (start, _) in pairwise(spans))
    for number, (start, end) in enumerate(spans):
        record = raw[start:end]
        assert b"first.app.%d." % number in record
        assert record.endswith(b"last.app.%d.\n" % number)
        assert ledger[number]["lines"] == record.count(b"\n")


def test_a_copy_leaves_holes_out_and_is_equal(tmp_path: Path) -> None:
    source = tmp_path / "app.log"
    with source.open("wb") as file:
        file.seek(64 << 20)
        file.write(b"line\n")

    copy_sparse(source, tmp_path / "app.log.1")

    assert (tmp_path / "app.log.1").stat().st_blocks * 512 < 1 << 20
    assert source.read_bytes() == (tmp_path / "app.log.1").read_bytes()


# StatsD


async def sent_around_an_absence() -> tuple[Statsd, bool]:
    statsd = Statsd()
    await statsd.open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", statsd.port))
        client.send(b"a:1|c")
        await statsd.go_away()
        client.send(b"a:10|c")
        refused = bool(client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        await statsd.open()
        client.send(b"a:100|c")
        await statsd.receiver.wait_for_lines(2)
    await statsd.go_away()
    return statsd, refused


def test_a_statsd_that_goes_away_reads_what_it_took_and_refuses_the_rest() -> None:
    statsd, refused = asyncio.run(sent_around_an_absence())

    assert refused
    assert {"a": 101} == statsd.totals.counters
    assert statsd.lost == 0


# The verdict: of a case in which everything is right, and then something is spoilt.


class Case:
    """Two logs as their writers note them, and what the real pipeline makes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[bytes] = []
        self.totals = Totals()
        self.rows = {name: self._written(name) for name in ("app", "access")}
        self.lives = [Life(ready_ns=1, ended_ns=time.monotonic_ns())]
        # When each event came; by default all just now.
        self.came_ns: Callable[[int], int] = lambda _number: time.monotonic_ns()

    def _written(self, name: str) -> list[Row]:
        form, rows, raw = FORMS[LOGS[name].form], list[Row](), b""
        for number in range(RECORDS):
            record = form(draw(name.encode(), number), STAMPS)
            place = (time.monotonic_ns(), len(raw), 7, number // 200, len(record.raw))
            rows.append(Row(*place, record.lines, record.status, record.size, record.outcome))
            raw += record.raw
        self._read(name, raw)
        return rows

    def _read(self, name: str, raw: bytes) -> None:
        outcomes = Outcomes()
        pipeline = Pipeline(RULES, defaults(), [EventSink(self._take)])
        parser = parser_for(LOGS[name].format, Options(UTC))
        pipeline.feed(name, parser, Block(raw, f"{name}.log"), outcomes.count)
        counted = {**pipeline.tally.counters, f"{name}.lines.read": raw.count(b"\n")}
        counted |= {f"{name}.{each}": n for each, n in outcomes.totals.items()}
        self.totals.counters |= {f"logtell.{each}": float(n) for each, n in counted.items()}
        for each, samples in pipeline.tally.timers.items():
            for sample in samples.each():
                self.totals.timers.setdefault(f"logtell.{each}", TimerTotals()).add(sample)

    def _take(self, raw: bytes) -> None:
        self.events += raw.splitlines(keepends=True)

    def kill(self, *, after: int, checkpoint_ago_s: float = 0.5, gap_s: float = 1.1) -> None:
        """Let a SIGKILL end the agent that wrote the first `after` events."""
        now_ns = time.monotonic_ns()
        saved_ns = now_ns - int(checkpoint_ago_s * 1e9)
        size = sum(map(len, self.events[:after]))
        killed = Life(1, now_ns, True, size, saved_ns, saved_ns - int(gap_s * 1e9))
        self.lives = [killed, *self.lives]

    def verdict(self) -> Verdict:
        path = self.folder / "events.jsonl"
        path.write_bytes(b"".join(self.events))
        self.lives[-1].events_bytes = path.stat().st_size
        watch = Watch(path)
        for number, raw in enumerate(self.events):
            watch.at_ns.append(self.came_ns(number))
            watch.sizes.append(len(raw) + (watch.sizes[-1] if watch.sizes else 0))
        ledgers = {name: self._ledger(name) for name in self.rows}
        kills = [life.events_bytes for life in self.lives if life.killed]
        happened = Happened(0, [], self.lives, {"app": ["chain"], "access": []})
        return judge(examine(path, ledgers, kills), watch, happened, self.totals, 0)

    def _ledger(self, name: str) -> Ledger:
        path = self.folder / f"{name}.ledger"
        path.write_bytes(packed(self.rows[name]))
        return read_ledger(path)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def log_of(verdict: Verdict, name: str) -> Any:
    return next(log for log in verdict.logs if log.name == name)


def test_what_is_right_is_exact(case: Case) -> None:
    verdict = case.verdict()

    assert [] == verdict.differences
    assert (2 * RECORDS, 2 * RECORDS) == (verdict.written, verdict.read)
    assert sentence(verdict).startswith("Exact: 800 records were written")


def test_a_missing_event_is_found_and_laid_to_its_rotation(case: Case) -> None:
    del case.events[5]

    verdict = case.verdict()

    assert 1 == log_of(verdict, "app").missing
    assert (1, 200, 1) == (
        verdict.kinds["chain"].done,
        verdict.kinds["chain"].records,
        verdict.kinds["chain"].missing,
    )
    (difference,) = verdict.differences
    assert difference.startswith("missing: app 5, at offset ")
    assert "ended by chain" in difference
    assert sentence(verdict).startswith("NOT EXACT: 800 records were written, 1 are missing")


def test_a_record_that_was_written_and_never_came_is_found_by_the_ledger(case: Case) -> None:
    form = FORMS["timed"](draw(b"access", RECORDS), STAMPS)
    case.rows["access"].append(
        Row(1, 10**6, 7, 0, len(form.raw), 1, form.status, form.size, form.outcome)
    )

    verdict = case.verdict()

    assert 1 == log_of(verdict, "access").missing
    assert any(each.startswith("counter access.lines.read") for each in verdict.differences)


def test_a_repeated_event_without_a_sigkill_is_a_difference(case: Case) -> None:
    case.events.append(case.events[9])

    verdict = case.verdict()

    assert 1 == log_of(verdict, "app").repeats.count
    assert "repeated, and not by a SIGKILL just before: app 9" in verdict.differences[0]


def test_a_repeat_just_before_a_sigkill_is_told_and_no_difference(case: Case) -> None:
    case.kill(after=len(case.events))
    case.events += case.events[-3:]

    verdict = case.verdict()

    assert [] == verdict.differences
    assert 3 == verdict.repeated
    assert verdict.oldest_repeat_s < 1
    assert "3 came again" in sentence(verdict)


def test_a_repeat_from_longer_before_a_sigkill_than_a_flush_is_a_difference(case: Case) -> None:
    case.kill(after=len(case.events))
    long_ago_ns = time.monotonic_ns() - int(2e9)
    case.came_ns = lambda number: long_ago_ns if number == 9 else time.monotonic_ns()
    case.events.append(case.events[9])

    verdict = case.verdict()

    assert (9,) == log_of(verdict, "app").repeats.too_old
    assert verdict.oldest_repeat_s > 1.9


def test_a_slow_flush_before_a_sigkill_lengthens_what_may_repeat(case: Case) -> None:
    """Flushes took 2 s longer than they are apart: the checkpoint before the last is 4 s old."""
    case.kill(after=len(case.events), checkpoint_ago_s=3)
    long_ago_ns = time.monotonic_ns() - int(2e9)
    case.came_ns = lambda number: long_ago_ns if number == 9 else time.monotonic_ns()
    case.events.append(case.events[9])

    assert [] == case.verdict().differences


def test_a_flush_at_once_after_that_of_the_start_may_be_as_old_as_both(case: Case) -> None:
    case.kill(after=len(case.events), checkpoint_ago_s=1.3, gap_s=0.3)
    ago_ns = time.monotonic_ns() - int(1.5e9)
    case.came_ns = lambda number: ago_ns if number == 9 else time.monotonic_ns()
    case.events.append(case.events[9])

    assert [] == case.verdict().differences


SPOILT: list[tuple[bytes, bytes, str]] = [
    (b'"offset":0', b'"offset":1', "its offset is 1"),
    (b'"lines":1', b'"lines":2', "it has 2 lines"),
    (b'"parsed":true', b'"parsed":false', "parsed is False"),
    (b'"source":"app"', b'"source":"web"', "it is of source web"),
    (b"last.app.0.", b"", "its text is not all there"),
    (b"first.app.0.", b"first.app.0.x", "its text is not all there"),
    (b"last.app.0.", b"last.app.1.", "holds parts of several records"),
    (b".app.0.", b"", "holds no record's number"),
    (b".app.0.", b".app.9999.", "was never written"),
]


@pytest.mark.parametrize(("old", "spoilt", "said"), SPOILT)
def test_an_event_that_says_something_else_is_wrong(
    case: Case, old: bytes, spoilt: bytes, said: str
) -> None:
    assert old in case.events[0]
    case.events[0] = case.events[0].replace(old, spoilt)

    verdict = case.verdict()

    assert 1 == verdict.wrong
    assert any(said in each for each in verdict.differences)


def test_a_torn_event_is_forgiven_only_to_a_sigkill(case: Case) -> None:
    torn = case.events[-1][:40]
    case.events.insert(10, torn + b"\n")

    assert any("is no event" in each for each in case.verdict().differences)

    case.kill(after=10)
    case.lives[0].events_bytes += len(torn)
    verdict = case.verdict()

    assert (1, []) == (verdict.torn, verdict.differences)


def test_a_torn_event_that_is_glued_to_the_next_is_a_difference(case: Case) -> None:
    torn = case.events[-1][:40]
    case.events[10] = torn + case.events[10]
    case.kill(after=10)
    case.lives[0].events_bytes += len(torn)

    assert not case.verdict().exact


@pytest.mark.parametrize(
    "name",
    ["app.lines.read", "app.events.severity.info", "access.bytes", "access.requests.status.2xx"],
)
def test_a_counter_that_is_one_off_is_a_difference(case: Case, name: str) -> None:
    case.totals.counters[f"logtell.{name}"] += 1

    (difference,) = case.verdict().differences

    assert difference.startswith(f"counter {name.replace('info', '*')}: ")


def test_a_lost_timer_sample_is_a_difference(case: Case) -> None:
    case.totals.timers["logtell.access.request_time"].count -= 1

    (difference,) = case.verdict().differences

    assert difference.startswith("counter access.request_time: ")


def test_after_a_sigkill_a_counter_may_be_higher_and_never_lower(case: Case) -> None:
    case.kill(after=len(case.events))
    case.totals.counters["logtell.app.lines.read"] += 1
    assert case.verdict().exact

    case.totals.counters["logtell.app.lines.read"] -= 2
    assert not case.verdict().exact


@pytest.mark.parametrize("name", ["app.bytes.lost.truncated", "agent.metrics.dropped.buffer_full"])
def test_a_loss_that_the_agent_itself_counts_is_a_difference(case: Case, name: str) -> None:
    case.totals.counters[f"logtell.{name}"] = 3.0

    (difference,) = case.verdict().differences

    assert f"it lost something: logtell.{name} is 3" in difference


# The command


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--minutes", "0"], "--minutes: 0 is not from 0.1"),
        (["--kinds", "chain,chian"], "no kind is called 'chian'"),
    ],
)
def test_what_cannot_be_run_is_said(arguments: list[str], said: str) -> None:
    ran = logtell("selftest", *arguments)

    assert ran.code == 2
    assert said in ran.err


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()

    ran = logtell("selftest", "--keep", tmp_path)

    assert ran.code == 2
    assert f"{tmp_path} is not empty" in ran.err
    assert [tmp_path / "precious"] == list(tmp_path.iterdir())


# The torture part of CI: a real agent, a quarter of a minute each.


@pytest.mark.timeout(100)
@pytest.mark.parametrize("kill", [False, True], ids=["clean", "kill"])
def test_nothing_is_lost_and_nothing_counted_twice(tmp_path: Path, kill: bool) -> None:
    folder = tmp_path / "proof"
    flags = ["--kill"] if kill else []
    ran = logtell("selftest", "--minutes", 0.3, "--seed", 5, "--json", "--keep", folder, *flags)

    verdict = json.loads(ran.out)
    assert ([], 0) == (verdict["differences"], ran.code), verdict["again"]
    assert verdict["written"] > 5_000
    assert {kind for kind in KINDS if kind != "down"} == set(verdict["kinds"])
    assert bool(verdict["kills"]) is kill
    assert bool(verdict["statsd_absences"]) is not kill
    shutil.rmtree(folder)
