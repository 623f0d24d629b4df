"""Which logs a configuration writes, in which format, and what they are called as sources."""

from pathlib import Path

import pytest

from agent.config import SourceConfig
from agent.nginx_logs import Built
from agent.setup import opener
from parsers.block import Block
from tests.agent.nginx_trees import errors_in, formats_in, found_in, sources_in

EXAMPLE = "server { server_name example.org www.example.org; listen 443; %s }"


# In force: levels, inheritance, defaults.


def test_a_log_of_http_is_that_of_the_servers_that_name_none(tmp_path: Path) -> None:
    conf = "http { access_log /all.log; server { } server { server_name b; access_log /b.log; } }"

    assert sources_in(tmp_path, conf) == {"nginx": ["/all.log"], "b": ["/b.log"]}


def test_a_log_that_every_server_replaces_is_not_followed(tmp_path: Path) -> None:
    conf = "http { access_log /all.log; server { server_name b; access_log /b.log; } }"

    assert sources_in(tmp_path, conf) == {"b": ["/b.log"]}


def test_a_location_its_conditions_and_limits_have_logs_of_their_own(tmp_path: Path) -> None:
    inner = "if ($slow) { access_log /if.log; } limit_except GET { access_log /limit.log; }"
    nested = f"location /a {{ location /a/b {{ access_log /ab.log; {inner} }} }}"
    conf = f"http {{ {EXAMPLE % f'access_log /server.log; {nested}'} }}"

    paths = ["/server.log", "/ab.log", "/if.log", "/limit.log"]
    assert sources_in(tmp_path, conf) == {"example_org": paths}


@pytest.mark.parametrize("off", ["access_log off;", "access_log /x.log; access_log off;"])
def test_off_replaces_what_is_inherited(off: str, tmp_path: Path) -> None:
    conf = f"http {{ access_log /all.log; {EXAMPLE % off} }}"

    assert sources_in(tmp_path, conf) == {}


def test_below_off_a_location_may_log_again(tmp_path: Path) -> None:
    conf = f"http {{ access_log off; {EXAMPLE % 'location / { access_log /a.log; }'} }}"

    assert sources_in(tmp_path, conf) == {"example_org": ["/a.log"]}


def test_where_nothing_is_said_the_built_in_logs_hold(tmp_path: Path) -> None:
    found = found_in(tmp_path, "http { server { } }")

    assert {each.name: (each.paths, each.formats) for each in found.sources} == {
        "nginx": (("/built/access.log",), ("combined",)),
        "nginx_errors": (("/built/error.log",), ("nginx_error",)),
    }
    assert "nginx's default" in found.sources[0].notes[0]


def test_without_http_there_is_no_access_log(tmp_path: Path) -> None:
    assert sources_in(tmp_path, "events { }") == {}


def test_relative_paths_begin_at_the_prefix(tmp_path: Path) -> None:
    conf = "error_log logs/../e.log; http { server { } }"
    built = Built("/opt/nginx")

    assert sources_in(tmp_path, conf, built) == {"nginx": ["/opt/nginx/logs/access.log"]}
    assert errors_in(tmp_path, conf, built) == {"nginx_errors": ["/opt/nginx/e.log"]}


def test_error_logs_are_inherited_and_replaced_as_access_logs_are(tmp_path: Path) -> None:
    conf = """
    error_log /main.log warn;
    http {
        error_log /http.log;
        server { server_name a; }
        server { server_name b; error_log /b.log; error_log /b-debug.log debug;
                 location / { error_log /b-root.log; } }
    }"""

    assert errors_in(tmp_path, conf) == {
        "nginx_errors": ["/http.log", "/main.log"],
        "b_errors": ["/b.log", "/b-root.log"],
        "b_b-debug_errors": ["/b-debug.log"],
    }


def test_streams_have_formats_of_their_own_and_no_log_unless_named(tmp_path: Path) -> None:
    conf = """
    http { log_format basic '$remote_addr $status'; access_log off; }
    stream {
        log_format basic '$remote_addr [$time_local] $protocol $status $session_time';
        server { listen 12345; access_log /tcp.log basic; }
        server { listen unix:/run/x.sock; error_log /x.log; }
    }"""

    found = formats_in(tmp_path, conf)

    assert found["stream_port_12345"] == (
        "$remote_addr [$time_local] $protocol $status $session_time",
    )
    assert set(found) == {"stream_port_12345", "stream_x_sock_errors", "nginx_errors"}


def test_mail_has_error_logs(tmp_path: Path) -> None:
    conf = "mail { server { listen 25; error_log /mail.log; } }"

    assert errors_in(tmp_path, conf)["mail_port_25_errors"] == ["/mail.log"]


# Formats.


def test_the_texts_of_a_format_are_joined_without_anything_between(tmp_path: Path) -> None:
    conf = """http {
        log_format timed '$remote_addr - '   "[$time_local] \\"$request\\" "
                         $status;
        access_log /a.log timed;
    }"""

    assert formats_in(tmp_path, conf)["nginx"] == (
        '$remote_addr - [$time_local] "$request" $status',
    )


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ('escape=json \'{"t":"$time_iso8601"}\'', 'escape=json {"t":"$time_iso8601"}'),
        ("escape=none '$remote_addr $status'", "escape=none $remote_addr $status"),
        ("escape=default '$remote_addr $status'", "$remote_addr $status"),
        ("'$remote_addr\\t$status'", "$remote_addr\t$status"),
    ],
)
def test_the_escape_of_a_format_stands_before_its_text(
    written: str, form: str, tmp_path: Path
) -> None:
    conf = f"http {{ log_format m {written}; access_log /a.log m; }}"

    assert formats_in(tmp_path, conf)["nginx"] == (form,)


@pytest.mark.parametrize("arguments", ["", " combined", " combined buffer=32k flush=5s if=$x"])
def test_combined_is_there_without_being_defined(arguments: str, tmp_path: Path) -> None:
    found = formats_in(tmp_path, f"http {{ access_log /a.log{arguments}; }}")

    assert found["nginx"] == ("combined",)


def test_a_format_may_stand_behind_the_log_that_uses_it(tmp_path: Path) -> None:
    conf = "http { access_log /a.log m; include m.conf; }"

    found = formats_in(tmp_path, conf, m="log_format m '$status $host';")

    assert found["nginx"] == ("$status $host",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$request$host", "cannot be read: nothing separates $request from $host"),
        ("plain words", "cannot be read: it has no $variable"),
    ],
)
def test_a_format_that_cannot_be_read_is_found_from_the_lines(
    text: str, why: str, tmp_path: Path
) -> None:
    conf = f"http {{ log_format m '{text}'; access_log /a.log m; }}"

    source = found_in(tmp_path, conf).sources[0]

    assert source.formats == ("auto",)
    assert why in source.notes[0]


def test_two_servers_that_share_a_log_in_different_formats_make_one_source_of_both(
    tmp_path: Path,
) -> None:
    conf = """http {
        log_format short '$remote_addr $status';
        server { server_name a; access_log /shared.log; }
        server { server_name b; access_log /shared.log short; }
    }"""

    source = found_in(tmp_path, conf).sources[0]

    assert (source.name, source.formats) == ("nginx", ("combined", "$remote_addr $status"))
    assert f"{tmp_path}/nginx.conf:3 and {tmp_path}/nginx.conf:4 write different" in source.notes[0]
    assert "give each its own file" in source.notes[0]


def test_a_source_of_two_formats_reads_each_block_as_the_one_that_fits() -> None:
    source = SourceConfig(paths=("/a",), format=("combined", "$remote_addr $status"))
    lines = b"192.0.2.1 200\n" * 3
    parser = opener(source)("/a", b"never seen\n")

    batch = parser.parse(Block(lines))

    assert batch.parsed.all()
    assert batch.column("status").values() == [200] * 3


def test_an_access_log_and_an_error_log_in_one_file_are_one_source(tmp_path: Path) -> None:
    found = formats_in(tmp_path, "error_log /n.log; http { access_log /n.log; }")

    assert found == {"nginx": ("combined", "nginx_error")}


# What cannot be followed, and variables.


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("access_log syslog:server=unix:/dev/log,tag=n combined", "goes to a syslog server"),
        ("error_log syslog:server=192.0.2.1", "goes to a syslog server"),
        ("error_log stderr", "goes to the standard error of nginx"),
        ("error_log memory:32m debug", "stays in nginx's memory"),
        ("access_log /dev/stdout", "goes to the standard output or error of nginx"),
        ("error_log /dev/stderr warn", "goes to the standard output or error of nginx"),
        ("access_log /proc/self/fd/1", "goes to the standard output or error of nginx"),
        ("access_log /dev/null", "is thrown away"),
        ("access_log pipe:rollback combined", "goes to another program"),
        ("access_log '|/usr/bin/cronolog' combined", "goes to another program"),
        ("access_log /a.log.gz combined gzip", "is compressed as it is written"),
        ("access_log /a.log.gz combined gzip=9 flush=5m", "is compressed as it is written"),
        ("access_log /var/log/$host.log", "means logs of others too"),
    ],
)
def test_what_cannot_be_followed_is_told_with_its_reason(
    said: str, why: str, tmp_path: Path
) -> None:
    found = found_in(tmp_path, f"http {{\n server {{ {said}; }}\n}}")

    (left,) = found.unfollowed
    assert why in left.why
    assert (left.log, str(left.place)) == (said.replace("'", ""), f"{tmp_path}/nginx.conf:2")
    assert left.instead or left.why == "is thrown away"


def test_a_log_beside_one_that_cannot_be_followed_is_followed(tmp_path: Path) -> None:
    conf = "http { access_log syslog:server=192.0.2.1; access_log /a.log; }"

    assert sources_in(tmp_path, conf) == {"nginx": ["/a.log"]}


def test_a_link_to_standard_output_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "access.log").symlink_to("/dev/stdout")

    found = found_in(tmp_path, f"http {{ access_log {tmp_path}/access.log; }}")

    assert [each.name for each in found.sources] == ["nginx_errors"]
    assert "standard output" in found.unfollowed[0].why


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/var/log/nginx/$host.log", "/var/log/nginx/*.log"),
        ("/var/log/nginx/${host}_access.log", "/var/log/nginx/*_access.log"),
        ("/var/log/nginx-$server_port.log", "/var/log/nginx-*.log"),
        ("/var/log/nginx/$host/$server_port/a.log", "/var/log/nginx/*/*/a.log"),
        ("/var/log/nginx/a-$year$month-$day.log", "/var/log/nginx/a-*-*.log"),
        ("/var/log/nginx/[a]*?.log", "/var/log/nginx/[[]a][*][?].log"),
    ],
)
def test_variables_in_a_path_make_a_glob(path: str, pattern: str, tmp_path: Path) -> None:
    assert sources_in(tmp_path, f"http {{ access_log {path}; }}") == {"nginx": [pattern]}


@pytest.mark.parametrize("path", ["/$host.log", "/var/log/$host/a.log", "$host.log", "/srv/$a$b"])
def test_variables_that_would_mean_the_logs_of_others_are_refused(
    path: str, tmp_path: Path
) -> None:
    found = found_in(tmp_path, f"http {{ access_log {path} combined; }}")

    assert [each.name for each in found.sources] == ["nginx_errors"]
    assert "folder of its own" in found.unfollowed[0].instead


def test_globs_stand_behind_the_paths_that_they_mean_too(tmp_path: Path) -> None:
    conf = "http { access_log /var/log/nginx/$host.log; server { } server { error_log /x.log; } }"

    assert [each.name for each in found_in(tmp_path, conf).sources][-1] == "nginx"


@pytest.mark.parametrize(
    ("parameters", "note"),
    [
        ("if=$loggable", "only requests for which $loggable is neither empty nor 0"),
        ("buffer=32k flush=5s", "they come after 5s at the latest"),
        ("buffer=32k", "when the buffer is full: add flush="),
    ],
)
def test_conditions_and_buffers_are_noted(parameters: str, note: str, tmp_path: Path) -> None:
    found = found_in(tmp_path, f"http {{ access_log /a.log combined {parameters}; }}")

    assert any(note in each for each in found.sources[0].notes)


# Names.


@pytest.mark.parametrize(
    ("server", "name"),
    [
        ("server_name example.org www.example.org;", "example_org"),
        ("server_name Example.ORG;", "example_org"),
        ("server_name *.example.org;", "example_org"),
        ("server_name _; listen 8080 default_server;", "port_8080"),
        ('server_name ""; listen [::]:8080;', "port_8080"),
        (r"server_name ~^(www\.)?(?<d>.+)$; listen 192.0.2.1:8443 ssl;", "port_8443"),
        ("server_name $hostname example.com;", "example_com"),
        ("listen 192.0.2.1;", "port_80"),
        ("listen unix:/run/shop.sock;", "shop_sock"),
        ("server_name пример.рф; listen 81;", "port_81"),
        (f"server_name {'a' * 200}.org;", "a" * 60),
        ("", "port_80"),
    ],
)
def test_a_source_is_named_after_its_server(server: str, name: str, tmp_path: Path) -> None:
    conf = f"http {{ server {{ {server} access_log /a.log; }} }}"

    assert list(sources_in(tmp_path, conf)) == [name]


def test_two_servers_of_one_name_are_one_source(tmp_path: Path) -> None:
    conf = f"http {{ {EXAMPLE % 'access_log /a.log;'} {EXAMPLE % 'access_log /b.log;'} }}"

    assert sources_in(tmp_path, conf) == {"example_org": ["/a.log", "/b.log"]}


def test_a_log_that_servers_share_belongs_to_nginx(tmp_path: Path) -> None:
    conf = """http {
        server { server_name a; access_log /shared.log; }
        server { server_name b; access_log /shared.log; access_log /b.log; }
    }"""

    assert sources_in(tmp_path, conf) == {"nginx": ["/shared.log"], "b": ["/b.log"]}


def test_logs_that_get_the_same_requests_are_sources_of_their_own(tmp_path: Path) -> None:
    """Or every request would count twice."""
    logs = "access_log /var/log/a.log; access_log /mnt/a.log; access_log /mnt/json.log;"

    assert sources_in(tmp_path, f"http {{ {EXAMPLE % logs} }}") == {
        "example_org": ["/var/log/a.log"],
        "example_org_a": ["/mnt/a.log"],
        "example_org_json": ["/mnt/json.log"],
    }


def test_logs_of_one_server_in_different_formats_are_different_sources(tmp_path: Path) -> None:
    api = "location /api { access_log /api.log m; } location /b { access_log /b/api.log n; }"
    formats = "log_format m '$status $host'; log_format n '$host $status';"

    found = formats_in(tmp_path, f"http {{ {formats} {EXAMPLE % f'access_log /a.log; {api}'} }}")

    assert set(found) >= {"example_org", "example_org_api", "example_org_2"}
