"""The command line: help with examples, exit codes, and nothing heavy before it is needed."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from agent import __version__
from agent.cli import COMMANDS
from tests.agent.command import logtell

HEAVY = ("numpy", "pydantic", "rich", "yaml", "hyperscan", "orjson", "asyncio", "watchdog")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_of_the_command(command: str) -> None:
    ran = logtell(command, "--help")

    assert (ran.code, ran.err) == (0, "")
    examples = ran.out.decode().partition("example")[2]
    assert f"logtell {command}" in examples


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_help_and_in_the_readme(command: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()

    assert COMMANDS[command] in " ".join(logtell("--help").out.decode().split())
    assert f"logtell {command}" in readme


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_is_one_that_the_command_takes(command: str) -> None:
    examples = import_module(f"agent.commands.{command}").EXAMPLES

    assert f"logtell {command}" in examples


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["replay"],
        ["replay", "--nonsense", "x"],
        ["explain", "a", "b"],
        ["schema", "nonsense"],
        ["schema"],
        ["demo", "--seconds", "soon"],
    ],
)
def test_wrong_usage_exits_with_2_and_says_how(arguments: list[str]) -> None:
    ran = logtell(*arguments)

    assert (ran.code, ran.out) == (2, b"")
    assert ran.err.startswith("usage: logtell")


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version_is_shown(arguments: list[str]) -> None:
    assert logtell(*arguments).out.decode() == f"logtell {__version__}\n"


def test_the_version_as_json_names_what_logtell_stands_on() -> None:
    found = json.loads(logtell("version", "--json").out)

    assert {"logtell", "python", "numpy", "hyperscan"} <= found.keys()


@pytest.mark.parametrize("what", ["event", "config", "rules", "status"])
def test_a_schema_is_json_schema(what: str) -> None:
    found = json.loads(logtell("schema", what).out)

    assert found["type"] == "object"
    assert found["additionalProperties"] is False


def imported_by(*arguments: str) -> set[str]:
    program = (
        "import sys; from agent.cli import main; main(sys.argv[1:]);"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in ran.stderr.splitlines()}


@pytest.mark.parametrize("command", [["version"], ["health"]])
def test_what_answers_at_once_imports_nothing_heavy(command: list[str]) -> None:
    assert imported_by(*command).isdisjoint(HEAVY)


def test_explaining_as_json_needs_no_terminal_library() -> None:
    assert "rich" not in imported_by("explain", "--json", "ERROR:a:b")
