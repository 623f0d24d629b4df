"""The unit means to systemd what it means to us."""

import re
import subprocess
from pathlib import Path

import pytest

from agent.heartbeat import runtime_folder
from tests.programs import ROOT, needs

UNIT = ROOT / "systemd/logtell.service"
PROGRAM = "/usr/local/bin/logtell"
MAX_EXPOSURE = 2.0  # of 10; below 2 is what systemd-analyze itself calls OK


def verify(unit: Path) -> str:
    """
    Return all that systemd has to say about a unit; nothing is right.

    The exit code will not do: systemd 252 returns 0 for a directive that it does not know.
    """
    analyze = needs("systemd-analyze")
    done = subprocess.run(
        [analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def installed(unit_text: str, tmp_path: Path) -> Path:
    """Write the unit as if logtell were installed: verify wants the programs to be there."""
    unit = tmp_path / UNIT.name
    unit.write_text(unit_text.replace(PROGRAM, "/bin/true"))
    return unit


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    assert verify(installed(UNIT.read_text(), tmp_path)) == ""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Type=notify\n", "Type=notify-never\n"),
        ("WatchdogSec=30", "WatchDogSecs=30"),
        (PROGRAM, "/nowhere/logtell"),
    ],
)
def test_a_fault_in_the_unit_is_seen(right: str, wrong: str, tmp_path: Path) -> None:
    text = UNIT.read_text()

    assert right in text
    assert verify(installed(text.replace(right, wrong), tmp_path)) != ""


def test_the_sandbox_leaves_little_exposed(tmp_path: Path) -> None:
    analyze = needs("systemd-analyze")
    unit = installed(UNIT.read_text(), tmp_path)

    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=True,
    )

    exposure = re.search(r"Overall exposure level for logtell.service: ([0-9.]+)", done.stdout)
    assert exposure, done.stdout
    assert float(exposure[1]) < MAX_EXPOSURE, done.stdout


def test_the_configuration_is_checked_before_start_and_before_reload() -> None:
    commands = re.findall(r"^(Exec\w+)=(.+)$", UNIT.read_text(), re.MULTILINE)

    assert commands == [
        ("ExecStartPre", f"{PROGRAM} check /etc/logtell/logtell.yaml"),
        ("ExecStart", f"{PROGRAM} run --config /etc/logtell/logtell.yaml"),
        ("ExecReload", f"{PROGRAM} check /etc/logtell/logtell.yaml"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
    ]


def test_sysusers_makes_a_user_who_may_read_the_logs(tmp_path: Path) -> None:
    sysusers = needs("systemd-sysusers")
    (tmp_path / "etc").mkdir()

    done = subprocess.run(
        [sysusers, f"--root={tmp_path}", ROOT / "systemd/logtell.sysusers"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "logtell:" in (tmp_path / "etc/passwd").read_text(), done.stderr
    assert re.search(r"^adm:.*:logtell$", (tmp_path / "etc/group").read_text(), re.MULTILINE)


def test_the_sandbox_lets_the_agent_serve_its_status() -> None:
    """`logtell status` asks at a Unix socket in the runtime directory."""
    unit = UNIT.read_text()

    assert re.search(r"^RestrictAddressFamilies=.*\bAF_UNIX\b", unit, re.MULTILINE)
    assert "\nRuntimeDirectory=logtell\n" in unit
    assert str(runtime_folder({"RUNTIME_DIRECTORY": "/run/logtell"})) == "/run/logtell"
