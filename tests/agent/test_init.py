"""`logtell init`: what it writes can be checked and used, and nothing is overwritten."""

import stat
from pathlib import Path

import pytest

from agent.settings import read_config
from tests.agent.command import logtell
from tests.agent.nginx_trees import write_tree

CONF = """\
error_log logs/error.log warn;
http {
    log_format timed '$remote_addr [$time_local] "$request" '
                     '$status rt=$request_time "it\\'s"';
    log_format json escape=json '{"t":"$time_iso8601","s":$status}';
    log_format tabs "$remote_addr\\t$status";
    access_log syslog:server=192.0.2.1;
    server {
        server_name example.org;
        access_log /var/log/nginx/example.log timed if=$loggable;
        location /api { access_log /var/log/nginx/api.log json buffer=32k; }
        location /t { access_log /var/log/nginx/$host.tsv tabs; }
    }
    server { server_name a; access_log /var/log/nginx/shared.log; }
    server { server_name b; access_log /var/log/nginx/shared.log tabs; }
    server { listen 81; }
}
"""
WRITTEN = """\
# logtell: written by `logtell init` from {conf}.
# Test it with `logtell check`; every key is in docs/configuration.md. This is a copy: without
# `sources:` logtell reads nginx's configuration itself, and follows its changes.
sources:
  # {conf}:10
  # only requests for which $loggable is neither empty nor 0
  example_org:
    paths: /var/log/nginx/example.log
    format: '$remote_addr [$time_local] "$request" $status rt=$request_time "it''s"'
  # {conf}:11
  # nginx holds lines back in a buffer; they come when the buffer is full: add flush=
  example_org_api:
    paths: /var/log/nginx/api.log
    format: 'escape=json {{"t":"$time_iso8601","s":$status}}'
  # {conf}:14
  # {conf}:15
  # {conf}:14 and {conf}:15 write different formats into /var/log/nginx/shared.log: each block of \
lines is read as the one that fits most of it (give each its own file)
  nginx:
    paths: /var/log/nginx/shared.log
    format:
      - combined
      - "$remote_addr\\U00000009$status"
  # {conf}:1
  # level warn and worse
  nginx_errors:
    paths: {folder}/logs/error.log
    format: nginx_error
  # {conf}:12
  # $host in the name: all of /var/log/nginx/*.tsv
  example_org_tsv:
    paths: '/var/log/nginx/*.tsv'
    format: "$remote_addr\\U00000009$status"

# Not followed:
#   access_log syslog:server=192.0.2.1 ({conf}:7) goes to a syslog server, not to a file; add a \
line beside it that names a file; nginx writes to all of them
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    folder = tmp_path / "conf"
    folder.mkdir()
    (tmp_path / "logs").mkdir()
    return write_tree(folder, CONF)


def test_all_that_is_found_is_written_with_where_it_comes_from(conf: Path) -> None:
    ran = logtell("init", "--nginx-conf", conf)

    assert (0, "") == (ran.code, ran.err)
    written = ran.out.decode()
    expected = WRITTEN.format(conf=conf, folder=conf.parent.parent)
    assert written.partition("\n# Where events go")[0] == expected


def test_what_is_written_passes_check_and_means_what_was_found(conf: Path, tmp_path: Path) -> None:
    path = tmp_path / "logtell.yaml"

    ran = logtell("init", "--nginx-conf", conf, "-o", path)

    assert (0, b"", "") == (ran.code, ran.out, ran.err)
    assert logtell("check", path).code == 0
    config, _ = read_config(path.read_text(), str(path), {})
    assert config is not None
    assert config.sources["nginx"].format == ("combined", "$remote_addr\t$status")
    assert stat.S_IMODE(path.stat().st_mode) & 0o444


def test_a_file_is_only_overwritten_by_force(conf: Path, tmp_path: Path) -> None:
    path = tmp_path / "new/logtell.yaml"

    codes = [
        logtell("init", "--nginx-conf", conf, "-o", path, *more).code
        for more in ([], [], ["--force"])
    ]
    refused = logtell("init", "--nginx-conf", conf, "-o", path)

    assert codes == [0, 1, 0]
    assert refused.err == (
        f"logtell: {path}: exists already\n"
        "  fix: choose another -o, or write over it with --force\n"
    )


def test_a_file_that_cannot_be_written_is_said(conf: Path, tmp_path: Path) -> None:
    ran = logtell("init", "--nginx-conf", conf, "-o", conf / "x.yaml")

    assert ran.code == 1
    assert "cannot be written" in ran.err


def test_what_can_be_read_of_a_broken_configuration_is_written(tmp_path: Path) -> None:
    conf = write_tree(tmp_path, "http { access_log /a.log; server {")

    ran = logtell("init", "--nginx-conf", conf)

    assert ran.code == 1
    assert b"paths: /a.log\n" in ran.out
    assert ran.err.startswith(f"{conf}:1:27: error: the block `server` that opens here is never")


def test_without_a_log_it_says_what_to_do(tmp_path: Path) -> None:
    ran = logtell("init", "--nginx-conf", tmp_path / "gone.conf")

    assert (1, b"") == (ran.code, ran.out)
    assert "no log of nginx was found" in ran.err
    assert "  fix: name its configuration with --nginx-conf FILE\n" in ran.err


def test_hostile_names_do_not_steer_the_terminal_or_break_the_file(tmp_path: Path) -> None:
    conf = write_tree(
        tmp_path,
        "http { server { server_name \"a\x1b[31m\nb: [\"; access_log '/x\x1b]0;y\x07\nz: 1.log';"
        " access_log syslog:\x1b[0m; } }",
    )

    ran = logtell("init", "--nginx-conf", conf)

    assert b"\x1b" not in ran.out
    config, findings = read_config(ran.out.decode(), "c.yaml", {})
    assert config is not None, findings
    assert config.sources["a_31m_b"].paths == ("/x\x1b]0;y\x07\nz: 1.log",)
