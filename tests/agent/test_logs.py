"""The agent's own log, in the form that its reader understands; each in a process of its own."""

import json
import os
import re
import subprocess
import sys

import pytest

PROGRAM = """
import logging, os, sys
from agent.logs import set_up_logging
environment = dict(os.environ)
if environment.pop("AS_JOURNAL", ""):
    stat = os.fstat(2)
    environment["JOURNAL_STREAM"] = f"{stat.st_dev}:{stat.st_ino}"
set_up_logging("info", environment)
log = logging.getLogger("agent.tail")
log.debug("never seen")
logging.getLogger("watchdog.observers").error("queue_events() called when the thread is inactive")
log.info("opened %s", "/var/log/a\\x1b[31m\\u202e.log")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("one\\ntwo")
"""


def logged(**environment: str) -> list[str]:
    unset = {"KUBERNETES_SERVICE_HOST", "container", "JOURNAL_STREAM"}
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == ""
    return ran.stderr.splitlines()


def test_a_person_reads_a_time_a_level_and_a_message_that_cannot_steer_the_terminal() -> None:
    first, *_ = logged()

    assert re.fullmatch(r"[-\d]+ [:,\d]+ INFO opened /var/log/a\\x1b\[31m\\u202e\.log", first)


def test_every_line_for_the_journal_has_its_priority() -> None:
    lines = logged(AS_JOURNAL="1")

    assert lines[0].startswith("<6>opened /var/log/a")
    assert lines[1:3] == ["<3>one", "<3>two"]
    assert all(line.startswith("<3>") for line in lines[3:])
    assert lines[-1] == "<3>ZeroDivisionError: division by zero"


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "container"])
def test_a_container_gets_json_lines(variable: str) -> None:
    first, second = [json.loads(line) for line in logged(**{variable: "x"})]

    assert (first["level"], first["logger"]) == ("info", "agent.tail")
    assert second["message"] == "one\ntwo"
    assert "ZeroDivisionError" in second["exception"]


def test_a_journal_named_by_somebody_else_is_not_ours() -> None:
    """systemd.exec(5): JOURNAL_STREAM is inherited, also by what writes elsewhere."""
    assert not logged(JOURNAL_STREAM="1:2")[0].startswith("<")
