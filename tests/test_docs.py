"""The documentation is held to what the program does."""

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

from agent.cli import COMMANDS
from agent.config import Config
from agent.counts import Counted
from agent.explain import explain_text
from agent.measures import defaults
from agent.rulebook import Rulebook
from parsers.formats import NAMES, parser_for
from rules.model import Rule

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for name, inner in vars(import_module("agent.config")).items():
        if isinstance(inner, type) and issubclass(inner, BaseModel) and name.endswith("Config"):
            yield inner


KEYS = sorted({key for model in _models(Config) for key in model.model_fields})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"`logtell {command}" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_in_its_help(command: str) -> None:
    module = import_module(f"agent.commands.{command}")

    assert f"logtell {command}" in module.EXAMPLES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    parser = argparse.ArgumentParser()

    import_module(f"agent.commands.{command}").add_arguments(parser)

    assert [] == [action.dest for action in parser._actions if not action.help]


@pytest.mark.parametrize("key", KEYS)
def test_every_configuration_key_is_in_the_reference(key: str) -> None:
    assert re.search(rf"[`.]{key}`", DOCS["configuration.md"])


@pytest.mark.parametrize("key", list(Rule.model_fields))
def test_every_key_of_a_rule_is_in_its_reference(key: str) -> None:
    assert f"`{key}" in DOCS["rules.md"]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_is_in_the_reference(name: str) -> None:
    assert f"`{name}`" in DOCS["formats.md"]


@pytest.mark.parametrize("measure", [measure.name for measure in defaults()])
def test_every_default_measure_is_in_the_reference(measure: str) -> None:
    assert re.search(rf"`{re.escape(measure)}[.`]", DOCS["metrics.md"])


@pytest.mark.parametrize("counted", list(Counted))
def test_every_counter_of_the_agent_is_in_the_reference(counted: str) -> None:
    assert f"`{counted}`" in DOCS["metrics.md"]


def test_the_readme_shows_the_sentence_that_comes_out() -> None:
    before = re.search(r"^    (\S+ 0 -- .*fault)$", README, re.MULTILINE)
    after = re.search(r"^> (The machine .*)$", README, re.MULTILINE)
    assert before
    assert after

    (event,) = explain_text(before[1].encode(), parser_for("auto"), Rulebook())

    explanation = event["explanation"]
    assert isinstance(explanation, dict)
    assert after[1] == explanation["text"]


def test_the_configuration_in_the_readme_is_valid(tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert block
    path = tmp_path / "readme.yaml"
    path.write_text(block[1])

    checked = subprocess.run(
        [sys.executable, "-m", "agent.cli", "check", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (checked.returncode, checked.stderr)


@pytest.mark.parametrize(
    "line", re.findall(r"^    (logtell (?:replay|explain|run|check) .*)$", README, re.MULTILINE)
)
def test_the_commands_in_the_readme_can_be_parsed(line: str) -> None:
    words = shlex.split(line.partition(" | ")[0])
    parser = argparse.ArgumentParser()
    import_module(f"agent.commands.{words[1]}").add_arguments(parser)

    assert vars(parser.parse_args(words[2:]))


@pytest.mark.parametrize("text", [README, *DOCS.values()], ids=["README.md", *DOCS])
def test_links_to_other_files_lead_somewhere(text: str) -> None:
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", text)

    folders = (ROOT, ROOT / "docs")
    missing = [link for link in links if not any((each / link).exists() for each in folders)]

    assert [] == missing


def test_every_test_that_the_rotation_matrix_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", DOCS["following.md"])
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "agent").glob("test_*.py"))

    assert named
    assert [] == [name for name in named if f"def {name}(" not in tests]
