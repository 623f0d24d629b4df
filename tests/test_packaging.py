"""What is shipped is whole: one version, locks with hashes, rules in the wheel."""

import fnmatch
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from agent import __version__
from tests.programs import ROOT

LOCKS = ["requirements.lock", "requirements-build.lock", "requirements-dev.lock"]


def locked(lock: str) -> dict[str, str]:
    """Name of each requirement → its whole entry, hashes included."""
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    return {entry.split("==")[0]: entry for entry in entries}


def normal(requirement: str) -> str:
    return re.split(r"[<>=!~; \[]", requirement)[0].lower().replace("_", "-")


def test_changelog_begins_with_this_version() -> None:
    released = re.findall(r"^## \[?(\d[^\]\s]*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert released[0] == __version__


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    without = [name for name, entry in locked(lock).items() if "--hash=sha256:" not in entry]

    assert locked(lock)
    assert without == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_index_and_no_machine(lock: str) -> None:
    assert (
        re.findall(r"^--|://|index-url|find-links", (ROOT / lock).read_text(), re.MULTILINE) == []
    )


def test_locks_hold_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = {normal(name) for name in project["project"]["dependencies"]}
    groups = project["dependency-groups"]
    dev = {normal(name) for name in groups["dev"] + groups["build"] if isinstance(name, str)}

    assert runtime <= locked("requirements.lock").keys()
    assert runtime | dev <= locked("requirements-dev.lock").keys()
    assert {normal(name) for name in groups["build"]} <= locked("requirements-build.lock").keys()


def test_tests_run_the_versions_that_are_shipped() -> None:
    """The locks are resolved apart; one constrains the other."""
    dev = locked("requirements-dev.lock")

    def version(entry: str) -> str:
        return entry.split(" ")[0]

    for name, entry in locked("requirements.lock").items():
        assert version(entry) == version(dev[name])


@pytest.mark.timeout(60)
def test_wheel_has_every_module_and_every_rule(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for package in ("agent", "parsers", "rules")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".yaml"}
    }
    assert wheel.name == f"logtell-{__version__}-py3-none-any.whl"
    assert wanted - shipped == set()
    assert {name.split("/")[0] for name in shipped} == {
        "agent",
        "parsers",
        "rules",
        f"logtell-{__version__}.dist-info",
    }


def copied_by_dockerfile() -> list[str]:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copies = [line.split()[1:-1] for line in lines if re.match(r"COPY (?!--from)", line)]
    return [source for sources in copies for source in sources]


def test_dockerfile_copies_what_exists_and_is_let_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in ignore if line.startswith("!")]

    assert copied_by_dockerfile()
    for source in copied_by_dockerfile():
        assert (ROOT / source).exists()
        assert any(fnmatch.fnmatch(source, pattern) for pattern in allowed), source


def test_image_can_build_the_project_from_what_it_copies() -> None:
    """pyproject.toml names files; the build stops if the image lacks one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["license-files"], *([project["readme"]] if "readme" in project else [])]

    assert set(named) <= set(copied_by_dockerfile())
