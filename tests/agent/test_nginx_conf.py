"""nginx.conf as it is written: words, blocks, includes, and what is said of what cannot be read."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config import SourceConfig
from agent.discovery import discover
from agent.nginx_conf import Statement, read_tree
from agent.nginx_where import Installed
from tests.agent.nginx_trees import BUILT, found_in, sources_in, write_tree

FOLDER = Path(__file__).parent / "golden_nginx"
FAULTY = sorted(FOLDER.glob("*.conf"))


def nginx_messages(path: Path) -> str:
    """All that is said of a configuration, with paths as in its folder."""
    before = Path.cwd()
    os.chdir(FOLDER)
    try:
        found = discover((Installed(path.name, BUILT),))
    finally:
        os.chdir(before)
    return "\n\n".join(finding.render() for finding in found.findings) + "\n"


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_faults_are_said_in_these_words(path: Path) -> None:
    """`python -m tests.golden --rewrite` writes them anew; read the difference."""
    assert nginx_messages(path) == path.with_suffix(".txt").read_text()


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_every_fault_has_a_place_and_a_fix(path: Path) -> None:
    for fault in nginx_messages(path).strip().split("\n\n"):
        assert fault.startswith(f"{path.name}:")
        assert ": error: " in fault.split("\n")[0]
        assert "\n  fix: " in fault


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
def test_what_stands_before_a_fault_is_followed(path: Path) -> None:
    found = discover((Installed(str(path), BUILT),))

    assert "/var/log/nginx/shop.log" in [path for each in found.sources for path in each.paths]


def statements(folder: Path, conf: str, **files: str) -> list[Statement]:
    tree = read_tree(str(write_tree(folder, conf, **files)))
    assert tree.faults == ()
    return list(tree.statements)


def words(folder: Path, text: str) -> tuple[str, ...]:
    return statements(folder, text)[0].args


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("log_format m 'a' \"b\" c;", ("m", "a", "b", "c")),
        ("log_format m 'a'\n  # not this\n  'b';", ("m", "a", "b")),
        (
            r"""log_format m "\"$a\"" '\'' '\\n' "\t\n" "\x";""",
            ("m", '"$a"', "'", r"\n", "\t\n", r"\x"),
        ),
        ("log_format m '{' '};' '#';", ("m", "{", "};", "#")),
        ("log_format m ${a}-${b} $c;", ("m", "${a}-${b}", "$c")),
        ("access_log /a/${host} main;", ("/a/${host}", "main")),
    ],
)
def test_words_are_those_that_nginx_reads(
    written: str, meant: tuple[str, ...], tmp_path: Path
) -> None:
    assert words(tmp_path, written) == meant


def test_an_include_stands_where_its_file_is_named(tmp_path: Path) -> None:
    conf = "http { access_log /a; include sites/*.conf; access_log /d; }"

    (http,) = statements(tmp_path, conf, sites__1="access_log /b;", sites__2="access_log /c;")

    assert [each.args[0] for each in http.block] == ["/a", "/b", "/c", "/d"]
    assert str(http.block[2].place) == f"{tmp_path}/sites/2.conf:1"


def test_an_include_of_an_include_begins_at_the_folder_of_nginx_conf(tmp_path: Path) -> None:
    found = sources_in(
        tmp_path,
        "http { include sites/a.conf; }",
        sites__a="server { include snippets/log.conf; }",
        snippets__log="access_log /b.log;",
    )

    assert found == {"port_80": ["/b.log"]}


def test_a_file_included_in_many_places_counts_in_each(tmp_path: Path) -> None:
    found = found_in(
        tmp_path,
        "http { server { server_name a; include log.conf; }"
        " server { server_name b; include log.conf; } }",
        log="access_log /shared.log;",
    )

    assert [each.name for each in found.sources] == ["nginx", "nginx_errors"]


def test_an_include_that_finds_nothing_by_its_pattern_is_no_fault(tmp_path: Path) -> None:
    assert statements(tmp_path, "http { include conf.d/*.conf; }")[0].block == ()


def test_files_that_two_include_of_each_other_end(tmp_path: Path) -> None:
    conf = str(write_tree(tmp_path, "include a.conf;", a="include b.conf;", b="include a.conf;"))

    tree = read_tree(conf)

    assert [fault.what for fault in tree.faults] == [f"{tmp_path}/a.conf includes itself"]


def test_a_file_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.conf").symlink_to("a.conf")

    (fault,) = read_tree(str(write_tree(tmp_path, "include a.conf;"))).faults

    assert fault.what == "cannot be read: too many levels of symbolic links"


def test_a_folder_that_may_not_be_entered_is_said(tmp_path: Path) -> None:
    conf = write_tree(tmp_path, "include secret/a.conf;", secret__a="")
    (tmp_path / "secret").chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    user = os.geteuid()
    os.seteuid(user or 65534)  # root may enter
    try:
        faults = read_tree(str(conf)).faults
    finally:
        os.seteuid(user)

    assert [fault.what for fault in faults] == ["cannot be read: permission denied"]


def test_a_folder_that_is_included_is_said(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()

    (fault,) = read_tree(str(write_tree(tmp_path, "include conf.d;"))).faults

    assert fault.what == "cannot be read: is a directory"


def test_blocks_that_cannot_hold_logs_are_passed_over_with_their_includes(tmp_path: Path) -> None:
    maps = "map $a $b { include missing.conf; } geo $c { include gone.conf; }"

    (http,) = statements(tmp_path, f"http {{ {maps} }} rtmp {{ server {{ access_log /r; }} }}")

    assert http.block == ()


@pytest.mark.parametrize("phase", ["content", "server_rewrite", "exit_worker", "ssl_client_hello"])
def test_lua_with_braces_and_quotes_does_not_confuse(phase: str, tmp_path: Path) -> None:
    lua = f"{phase}_by_lua_block {{ ngx.say('}}') -- it's }}\n }}"

    found = sources_in(
        tmp_path, f"http {{ server {{ location / {{ {lua} access_log /a.log; }} }} }}"
    )

    assert found["port_80"] == ["/a.log"]


def test_blocks_in_blocks_without_end_are_no_exception(tmp_path: Path) -> None:
    conf = "http {" + "location / {" * 5000 + "access_log /deep.log;"

    found = found_in(tmp_path, conf + "}" * 5001)

    assert found.findings == ()


def test_every_file_and_glob_is_remembered_to_be_looked_at(tmp_path: Path) -> None:
    conf = write_tree(
        tmp_path, "include a.conf; include gone.conf; include s/*.conf;", a="", s__b=""
    )

    tree = read_tree(str(conf))

    assert [Path(path).name for path in tree.files] == [
        "nginx.conf",
        "a.conf",
        "gone.conf",
        "b.conf",
    ]
    assert tree.globs == (f"{tmp_path}/s/*.conf",)


DIRECTIVES = ("http", "server", "location", "include", "access_log", "error_log", "log_format")
MARKS = ("{", "}", ";", "'", '"', "#", "\\", "$", "${", "\n", "\0", "é", "~", "*", "[", "..")
VALUES = ("$host", "off", "/a.log", "stream", "escape=json", "main", "gzip", "content_by_lua_block")
WORDS = st.sampled_from([*DIRECTIVES, *MARKS, *VALUES])


@given(st.lists(WORDS | st.sampled_from([" ", ";"]) | st.text(max_size=5), max_size=60))
def test_no_text_is_an_exception(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = found_in(Path(folder), "".join(words))

    assert all(finding.fix for finding in found.findings)
    assert [SourceConfig(paths=each.paths, format=each.formats) for each in found.sources]
