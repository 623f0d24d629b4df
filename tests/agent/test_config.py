"""The configuration: its defaults, what the environment overrides, and every fault said at once."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import Config
from agent.settings import read_config, state_folder
from agent.setup import measures_of
from tests.agent.command import logtell

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "golden_config"
FAULTY = sorted(FOLDER.glob("*.yaml"))
# `# LOGTELL_…=value` in a faulty file is the environment that it is read with.
SETTING = re.compile(r"# (LOGTELL_\w+)=(.*)")


def messages(path: Path) -> str:
    text = path.read_text()
    config, findings = read_config(text, path.name, dict(SETTING.findall(text)))
    assert config is None
    return "\n\n".join(finding.render() for finding in findings) + "\n"


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_faults_are_said_in_these_words(path: Path) -> None:
    """`python -m tests.golden --rewrite` writes them anew; read the difference."""
    assert messages(path) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_every_fault_has_a_place_and_a_fix(path: Path) -> None:
    faults = messages(path).strip().split("\n\n")

    for fault in faults:
        assert re.match(rf"({path.name}:\d+:\d+|environment variable LOGTELL_\w+): error: ", fault)
        assert "\n  fix: " in fault


def test_every_golden_message_has_its_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FAULTY}


def config_of(text: str = "", **environment: str) -> Config:
    config, findings = read_config(
        text, "c.yaml", {f"LOGTELL_{key}": value for key, value in environment.items()}
    )
    assert config is not None, "\n".join(finding.render() for finding in findings)
    return config


def faults_of(text: str = "", **environment: str) -> list[str]:
    environment = {f"LOGTELL_{key}": value for key, value in environment.items()}
    return [finding.render() for finding in read_config(text, "c.yaml", environment)[1]]


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "\ufeff"])
def test_an_empty_file_is_all_defaults(text: str) -> None:
    assert config_of(text) == Config()


def test_the_defaults_are_those_of_the_reference() -> None:
    config = Config()

    assert (config.statsd.host, config.statsd.port, config.statsd.prefix) == (
        "127.0.0.1",
        8125,
        "logtell",
    )
    assert (config.statsd.flush_every_s, config.follow.start_at) == (10, "end")
    assert [(sink.to, sink.severity, sink.explained) for sink in config.sinks] == [
        ("-", "warning", True)
    ]


@pytest.mark.parametrize("key", sorted(Config.model_fields))
def test_every_section_is_in_the_reference(key: str) -> None:
    reference = (ROOT / "docs/configuration.md").read_text()
    fields = Config.model_json_schema()["$defs"]

    assert f"`{key}`" in reference or f"`{key}." in reference
    for model in ("SourceConfig", "SinkConfig", "MeasureConfig", "StatsdConfig", "FollowConfig"):
        for name in fields[model]["properties"]:
            assert f"`{name}`" in reference


@pytest.mark.parametrize(
    ("written", "expected"),
    [("/a", ("/a",)), ("[/a, '/b*']", ("/a", "/b*")), ("\n      - /a", ("/a",))],
)
def test_one_text_stands_for_a_list_of_one(written: str, expected: tuple[str, ...]) -> None:
    config = config_of(f"sources:\n  web:\n    paths: {written}\n")

    assert config.sources["web"].paths == expected


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("STATSD__HOST", "metrics.example.org", lambda c: c.statsd.host),
        ("STATSD__PREFIX", "", lambda c: c.statsd.prefix),
        ("LOG__LEVEL", "debug", lambda c: c.log.level),
        ("STATE__FOLDER", "/x", lambda c: c.state.folder),
        ("SOURCES__WEB__FORMAT", "$status $request", lambda c: c.sources["web"].format[0]),
        ("RULES__FOLDERS", "/rules", lambda c: c.rules.folders[0]),
        ("SOURCES__WEB__SEVERITIES__404", "info", lambda c: c.sources["web"].severities["404"]),
    ],
)
def test_the_environment_wins_over_the_file(name: str, value: str, read: Any) -> None:
    text = "sources: {web: {paths: /a, format: json}}\nstatsd: {host: x, prefix: y}\n"

    assert read(config_of(text, **{name: value})) == value


def test_numbers_and_truths_come_from_the_environment_too() -> None:
    config = config_of(STATSD__PORT="9125", STATSD__ENABLED="false", STATSD__FLUSH_EVERY_S="1.5")

    assert (config.statsd.port, config.statsd.enabled, config.statsd.flush_every_s) == (
        9125,
        False,
        1.5,
    )


def test_a_source_can_come_from_the_environment_alone() -> None:
    config = config_of(SOURCES__WEB__PATHS="/logs/access.log", SOURCES__WEB__FORMAT="combined")

    assert config.sources["web"].paths == ("/logs/access.log",)


def test_an_environment_that_mends_the_file_makes_it_valid() -> None:
    assert config_of("statsd: {port: x}\n", STATSD__PORT="1").statsd.port == 1


def test_a_variable_that_another_one_completes_is_not_blamed() -> None:
    faults = faults_of(
        SOURCES__WEB__PATHS="/a", SOURCES__WEB__FORMAT="combined", STATSD__PORT="none"
    )

    assert [fault.split(":")[0] for fault in faults] == [
        "environment variable LOGTELL_STATSD__PORT"
    ]


def test_variables_that_are_no_settings_are_let_alone() -> None:
    assert config_of(CONFIG="/etc/x.yaml", REQUIRE_PROGRAMS="1") == Config()


def test_faults_of_the_file_and_of_the_environment_are_said_together() -> None:
    faults = faults_of("statsd: {prot: 1}\nlog: {level: loud}\n", STATSD__PORT="x")

    assert [fault.split(": error")[0] for fault in faults] == [
        "c.yaml:1:10",
        "c.yaml:2:14",
        "environment variable LOGTELL_STATSD__PORT",
    ]


@pytest.mark.parametrize(
    "pattern",
    [
        *(r"^/shop", r"\.php$", r"(?i)bot", r"^/(?:a|b)/\d+$", r"(?:/[a-z]+){1,5}$", r"a.*b"),
        r"[^/]+/[^/]+$",
    ],
)
def test_a_harmless_regex_is_taken(pattern: str) -> None:
    assert faults_of(f"measures: [{{counter: a, where: {{path: '~{pattern}'}}}}]\n") == []


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"(a*)*b", r"(?:\d+)*x", r"(.*a){20}", r"([a-z]+)*\.php", r"(?!x)y", r"(a)\1"],
)
def test_a_regex_that_can_run_away_on_a_chosen_value_is_refused(pattern: str) -> None:
    faults = faults_of(f"measures: [{{counter: a, where: {{path: '~{pattern}'}}}}]\n")

    assert len(faults) == 1
    assert "fix: " in faults[0]


@pytest.mark.parametrize(
    ("off", "left"),
    [
        ("[requests]", {"bytes", "request_time", "upstream_time", "events.logger"}),
        ("['*']", set()),
        ("upstream.retries", {"upstream.attempts", "requests.status"}),
    ],
)
def test_default_measures_can_be_switched_off(off: str, left: set[str]) -> None:
    names = {each.name for each in measures_of(config_of(f"measures_off: {off}\n"))}

    assert left <= names
    assert {"upstream.retries", "requests.route"} - names
    assert bool(names) == bool(left)


def test_a_default_measure_that_is_none_is_refused_with_those_there_are() -> None:
    (fault,) = faults_of("measures_off: [upstream, request.route]\n")

    assert fault.startswith("c.yaml:1:26: error: item 2 of `measures_off` is no default measure")
    assert "requests.route" in fault


texts = st.text("abx:{}[]-'\"\n #&*!%$\t|>~?\\é\u2028\x00", max_size=60)


@given(texts)
def test_no_text_is_an_exception(text: str) -> None:
    config, findings = read_config(text, "c.yaml", {})

    assert (config is None) == any(finding.severity == "error" for finding in findings)


@given(st.sampled_from(["sources", "measures", "statsd", "sinks", "log"]), texts)
def test_no_value_is_an_exception(section: str, text: str) -> None:
    quoted = json.dumps(text)
    for value in (quoted, f"[{quoted}]", f"{{a: {quoted}, format: {quoted}, zone: {quoted}}}"):
        read_config(f"{section}: {{web: {value}}}\n", "c.yaml", {})
        read_config(f"{section}: {value}\n", "c.yaml", {"LOGTELL_SOURCES__WEB__FORMAT": text})


@pytest.mark.parametrize(
    ("configured", "environment", "root", "expected"),
    [
        ("/x", {"STATE_DIRECTORY": "/y"}, True, "/x"),
        (None, {"STATE_DIRECTORY": "/y:/z"}, True, "/y"),
        (None, {}, True, "/var/lib/logtell"),
        (None, {"HOME": "/home/a"}, False, "/home/a/.local/state/logtell"),
        (None, {"XDG_STATE_HOME": "/s", "HOME": "/home/a"}, False, "/s/logtell"),
    ],
)
def test_the_state_folder_is_found(
    configured: str | None, environment: dict[str, str], root: bool, expected: str
) -> None:
    config = Config.model_validate({"state": {"folder": configured} if configured else {}})

    assert state_folder(config, environment, root=root) == Path(expected)


def test_the_schema_lets_editors_accept_what_is_accepted() -> None:
    schema = json.loads(logtell("schema", "config").out)["$defs"]
    paths = schema["SourceConfig"]["properties"]["paths"]

    assert {"type": "string"} in paths["anyOf"]
    assert "critical" in schema["SinkConfig"]["properties"]["severity"]["enum"]


RUN_FAULTS = [
    ("statsd: {port: x}\nlog: {level: loud}\n", ["`port` of `statsd`", "`level` of `log`"]),
    ("sources: {a: {paths: /x}}\nrules: {folders: /missing}\n", ["no such folder of rules"]),
    ("nginx: off\n", ["there is nothing to follow: c.yaml has no sources, and `nginx:` is off"]),
]


@pytest.mark.parametrize(("text", "expected"), RUN_FAULTS)
def test_run_with_a_wrong_configuration_says_everything_and_exits_with_78(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    (tmp_path / "c.yaml").write_text(text)

    ran = subprocess.run(
        [sys.executable, "-m", "agent.cli", "run", "-c", "c.yaml"],
        cwd=tmp_path,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "STATE_DIRECTORY": str(tmp_path / "state"),
            "RUNTIME_DIRECTORY": str(tmp_path / "run"),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout) == (78, "")
    assert [words for words in expected if words not in ran.stderr] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml"]


def test_run_with_a_missing_configuration_says_so() -> None:
    ran = logtell("run", "-c", "/no/such.yaml")

    assert (ran.code, ran.err) == (
        78,
        "logtell: /no/such.yaml: cannot be read: No such file or directory\n"
        "  fix: give the path of a configuration with -c\n",
    )


def test_variables_that_kubernetes_sets_for_a_service_named_logtell_are_left_alone() -> None:
    environment = {"LOGTELL_PORT": "tcp://192.0.2.1:8125", "LOGTELL_SERVICE_HOST": "192.0.2.1"}

    config, findings = read_config("sources: {web: {paths: /a}}\n", "c.yaml", environment)

    assert config
    assert [] == findings


def test_one_underscore_too_few_is_a_fault_and_not_silence() -> None:
    _, findings = read_config("", "c.yaml", {"LOGTELL_STATSD_HOST": "192.0.2.1"})

    assert ["environment variable LOGTELL_STATSD_HOST"] == [finding.path for finding in findings]


def test_a_misspelt_key_that_is_needed_is_said_as_both_missing_and_unknown() -> None:
    _, findings = read_config("sources:\n  web:\n    path: /a\n", "c.yaml", {})

    assert [
        "`web` of `sources` has no `paths`",
        "`web` of `sources` has the unknown key `path`",
    ] == [finding.what for finding in findings]
