"""The verdict for scripts."""

from agent.selftest.verdict import LogVerdict, Verdict


def as_json(verdict: Verdict) -> dict[str, object]:
    """The verdict as plain values, for `logtell selftest --json`."""
    return {
        "exact": verdict.exact,
        "written": verdict.written,
        "read": verdict.read,
        "missing": verdict.written - verdict.read,
        "repeated": verdict.repeated,
        "oldest_repeat_s": round(verdict.oldest_repeat_s, 3),
        "wrong": verdict.wrong,
        "kills": verdict.kills,
        "restarts": verdict.restarts,
        "reloads": verdict.reloads,
        "statsd_absences": verdict.absences,
        "torn": verdict.torn,
        "lost_datagrams": verdict.lost_datagrams,
        "logs": {log.name: _log(verdict, log) for log in verdict.logs},
        "kinds": {
            kind: {"done": each.done, "records": each.records, "missing": each.missing}
            for kind, each in sorted(verdict.kinds.items())
        },
        "differences": verdict.differences,
    }


def _log(verdict: Verdict, log: LogVerdict) -> dict[str, object]:
    return {
        "rotations": log.rotations,
        "written": log.written,
        "read": log.read,
        "missing": log.missing,
        "repeated": log.repeats.count,
        "wrong": log.wrong,
        "longest_lag_s": round(log.longest_lag_s, 3),
        "counters_off": {
            each.name: {"written": each.written, "received": each.received}
            for each in verdict.counters_off(log)
        },
    }
