"""Makes the answer of `logtell status` from a running agent, a few milliseconds at a time."""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent import __version__
from agent.ledger import Ledgers
from agent.status import VERSION
from agent.survey import Json, Survey, byte_totals, line_totals

if TYPE_CHECKING:
    from agent.outlet import Outlet
    from agent.service import Service

# Enough to see on one screen what is wrong.
MOST_FILES = 20


async def overview(service: "Service", *, all_files: bool) -> Json:
    """
    The document of `agent.status.Status`.

    With many files it takes its time, so each slice of them is as of its own moment. The ledgers,
    and so the balance, are all of one moment, in which no block is under way.
    """
    follower = service.follower
    survey = Survey(follower.now_s if follower else 0.0, None if all_files else MOST_FILES)
    await survey.over(follower.lanes() if follower else ())
    files = survey.rows()
    document: Json = {
        "schema_version": VERSION,
        "agent": _agent(service),
        "sources": _sources(service, survey),
        "files": files,
        "files_left_out": survey.total - len(files),
        "statsd": _statsd(service),
        "outputs": [_output(outlet) for outlet in service.parts.outlets.values()],
        "checkpoint": {
            "path": str(service.store.path),
            "saved": _time(service.store.saved_at),
            "trouble": service.store.failing,
        },
    }
    wrong = [*_wrong_ledgers(service), *_wrong_outlets(service), *_wrong_else(service, survey)]
    return {"well": not wrong, "troubles": wrong, **document}


def out_of_balance(ledgers: Ledgers, unread: Mapping[str, int]) -> Iterator[str]:
    """Say of each source whose lines or bytes do not add up by how much."""
    for source, ledger in ledgers.items().items():
        lines, octets = ledger.lines_unbalanced(), ledger.bytes_unbalanced(unread.get(source, 0))
        if lines or octets:
            yield (
                f"source {source}: out of balance by {lines} lines and {octets} bytes; this is a"
                " defect of logtell (please report it with the output of `logtell status --json`)"
            )


def _wrong_ledgers(service: "Service") -> Iterator[str]:
    yield from out_of_balance(service.ledgers, service.unread())
    for source, ledger in service.ledgers.items().items():
        for reason, lost in ledger.reasons("bytes.lost").items():
            yield (
                f"source {source}: {lost} bytes are lost ({reason}); see the log for the file, and"
                " docs/following.md for what can be lost"
            )


def _wrong_outlets(service: "Service") -> Iterator[str]:
    for outlet in service.parts.outlets.values():
        if outlet.complaint:
            yield f"{outlet.name}: events cannot be written: {outlet.complaint}"
        elif outlet.stalled_since is not None:
            yield (
                f"{outlet.name}: does not take what it was offered since"
                f" {_time(outlet.stalled_since)}, so reading waits (look at who reads it)"
            )


def _wrong_else(service: "Service", survey: Survey) -> Iterator[str]:
    yield from survey.wrong()
    if failing := service.store.failing:
        yield f"{service.store.path}: the checkpoint cannot be saved: {failing}; tried again"
    if (client := service.parts.client) and client.trouble:
        yield client.trouble


def _agent(service: "Service") -> Json:
    uptime_s = time.monotonic() - service.started_s
    return {
        "version": __version__,
        "pid": os.getpid(),
        "started": _time(time.time() - uptime_s),
        "uptime_s": round(uptime_s, 3),
        "state": "stopping" if service.stopping else "following",
        "lines_per_s": round(service.lines_per_s, 1),
    }


def _sources(service: "Service", survey: Survey) -> list[Json]:
    unread = service.unread()
    return [
        {
            "name": source,
            "formats": dict(survey.formats[source]),
            "files": dict(survey.states[source]),
            "lines": line_totals(ledger),
            "bytes": byte_totals(ledger, unread.get(source, 0)),
            "lag": {
                "bytes": survey.waiting[source],
                "seconds": round(survey.waiting_s[source], 3),
            },
        }
        for source, ledger in service.ledgers.items().items()
    ]


def _statsd(service: "Service") -> Json | None:
    client = service.parts.client
    if client is None:
        return None
    return {
        "server": client.server,
        "sent": client.counts.lines,
        "buffered": client.buffered,
        "dropped": dict(client.counts.dropped),
        "trouble": client.trouble,
    }


def _output(outlet: "Outlet") -> Json:
    return {
        "name": outlet.name,
        "held_bytes": outlet.buffer.held_bytes,
        "waits": outlet.holds_up,
        "failing_since": _time(outlet.failing_since),
        "stalled_since": _time(outlet.stalled_since),
        "complaint": outlet.complaint,
    }


def _time(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
