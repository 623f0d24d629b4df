"""Which nginx is read: the running, the installed, the named one, and whom not to believe."""

import os
import stat
from pathlib import Path

import pytest

from agent.discovery import find
from agent.nginx_logs import Built
from agent.nginx_where import Installed, Machine, compiled, installed, installed_at
from tests.programs import needs

DEBIAN = (
    "--with-cc-opt='-g -O2 --prefix=/not/this -fPIC' --prefix=/usr/share/nginx"
    " --conf-path={conf} --http-log-path=/var/log/nginx/access.log --error-log-path=stderr"
)
STRANGER = os.geteuid() + 4711


def machine(folder: Path, **built: Built) -> Machine:
    """A machine without nginx, whose programs and processes are in a folder."""
    for name in ("proc", "sbin"):
        (folder / name).mkdir()
    without = {f"{folder}/{name}.conf": each for name, each in built.items()}
    return Machine(folder / "proc", [str(folder / "sbin")], str(folder / "sbin"), without, {})


def install(folder: Path, arguments: str, name: str = "nginx") -> Path:
    """A program that answers to -V as nginx does, on standard error."""
    program = folder / "sbin" / name
    program.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -V ] && cat >&2 <<"END"\n'
        f"nginx version: x\nconfigure arguments: {arguments}\nEND\n"
    )
    program.chmod(0o755)
    return program


def start(
    folder: Path, title: str, program: Path, *, number: int = 7, user: int | None = None
) -> Path:
    """A process as /proc shows it."""
    process = folder / "proc" / str(number)
    process.mkdir()
    (process / "cmdline").write_bytes(title.encode() + b"\0")
    user = os.geteuid() if user is None else user
    (process / "status").write_text(f"Name:\tnginx\nUid:\t{user}\t{user}\t{user}\t{user}\n")
    (process / "root").symlink_to("/")
    (process / "cwd").symlink_to(folder)
    (process / "exe").symlink_to(program)
    return process


def conf_file(folder: Path, name: str = "nginx.conf") -> str:
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text("")
    return str(folder / name)


def test_the_installed_nginx_says_where_its_configuration_is(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path)
    install(tmp_path, DEBIAN.format(conf=conf))

    assert installed(where) == (
        Installed(conf, Built("/usr/share/nginx", "/var/log/nginx/access.log", "stderr")),
    )


@pytest.mark.parametrize("name", ["nginx", "openresty", "angie", "tengine"])
def test_nginx_has_many_names(name: str, tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path)
    install(tmp_path, f"--conf-path={conf}", name)

    assert [each.conf for each in installed(where)] == [conf]


def test_what_nginx_does_not_say_is_its_default() -> None:
    assert compiled("configure arguments: --with-debug") == Installed(
        "/usr/local/nginx/conf/nginx.conf", Built("/usr/local/nginx")
    )


def test_the_nginx_of_this_machine_is_understood() -> None:
    program = needs("nginx")

    where = Machine(Path("/nowhere"), [str(program.parent)], "")

    (found,) = installed(where)
    assert (found.conf, found.built.prefix) == ("/etc/nginx/nginx.conf", "/usr/share/nginx")


def test_a_configuration_without_its_program_is_read_too(tmp_path: Path) -> None:
    """A sidecar has /etc/nginx mounted, and no nginx."""
    built = Built("/etc/nginx", "/var/log/nginx/access.log", "/var/log/nginx/error.log")
    where, conf = machine(tmp_path, nginx=built), conf_file(tmp_path)

    assert installed(where) == (Installed(conf, built),)


def test_without_any_nginx_nothing_is_found(tmp_path: Path) -> None:
    assert installed(machine(tmp_path, nginx=Built("/x"))) == ()


@pytest.mark.parametrize(
    "title",
    [
        "nginx: master process {program} -p opt -c etc/my.conf -e /e.log",
        "nginx: master process {program} -g daemon off; -popt -cetc/my.conf -e/e.log",
        "angie: master process v1.5.2 #1 [{program} -p opt -c etc/my.conf -e /e.log]",
    ],
)
def test_a_running_nginx_is_read_as_it_was_started(title: str, tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = install(tmp_path, DEBIAN.format(conf=conf_file(tmp_path)))
    conf = conf_file(tmp_path, "opt/etc/my.conf")
    start(tmp_path, title.format(program=program), program)

    assert installed(where) == (
        Installed(
            conf,
            Built(f"{tmp_path}/opt", "/var/log/nginx/access.log", "/e.log"),
        ),
    )


def test_all_running_nginx_are_read_each_configuration_once(tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = install(tmp_path, DEBIAN.format(conf="/etc/nginx/nginx.conf"))
    a, b = conf_file(tmp_path, "a.conf"), conf_file(tmp_path, "b.conf")
    for number, conf in enumerate([a, b, a]):
        start(tmp_path, f"nginx: master process nginx -c {conf}", program, number=number)

    assert [each.conf for each in installed(where)] == [a, b]


def test_a_program_replaced_by_an_upgrade_is_asked_by_its_name(tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = install(tmp_path, DEBIAN.format(conf=conf_file(tmp_path)))
    process = start(tmp_path, "nginx: master process nginx", program)
    (process / "exe").unlink()
    (process / "exe").symlink_to(f"{program} (deleted)")

    assert [each.conf for each in installed(where)] == [f"{tmp_path}/nginx.conf"]


def test_a_process_of_somebody_else_is_not_believed(tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = install(tmp_path, "--conf-path=/nowhere.conf")
    start(tmp_path, f"nginx: master process nginx -c {__file__}", program, user=STRANGER)

    assert installed(where) == ()
    assert where.passed_over == [
        f"process 7 (user {STRANGER}) calls itself nginx, but is neither root's nor ours: name its"
        " configuration with `--nginx-conf` or `nginx:`"
    ]


def test_a_process_in_a_container_is_not_read(tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = install(tmp_path, "--conf-path=/nowhere.conf")
    process = start(tmp_path, f"nginx: master process nginx -c {__file__}", program)
    (process / "root").unlink()
    (process / "root").symlink_to(tmp_path)

    assert installed(where) == ()


def test_a_process_whose_configuration_is_not_here_is_said(tmp_path: Path) -> None:
    """Whoever is not root cannot tell that it is in a container."""
    where = machine(tmp_path)
    program = install(tmp_path, "--conf-path=/nowhere.conf")
    start(tmp_path, "nginx: master process nginx -c /gone/nginx.conf", program)

    assert installed(where) == ()
    assert where.passed_over == [
        "process 7 is nginx with /gone/nginx.conf, which is not here: it may run in a container"
    ]


def test_without_a_configuration_the_usual_logs_are_followed_if_they_are_there(
    tmp_path: Path,
) -> None:
    where = machine(tmp_path)
    there, gone = tmp_path / "access.log", tmp_path / "error.log"
    there.touch()
    where.usual_logs = {"nginx": (str(there), "auto"), "nginx_errors": (str(gone), "nginx_error")}

    found = find(None, where)

    assert [(each.name, each.paths, each.formats) for each in found.sources] == [
        ("nginx", (str(there),), ("auto",))
    ]


def test_a_program_that_anybody_may_write_is_not_run(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path)
    program = install(tmp_path, f"--conf-path={conf}")
    program.chmod(program.stat().st_mode | stat.S_IWOTH)

    assert installed(where) == ()


@pytest.mark.parametrize(
    "title", ["vim nginx: master process", "nginx: worker process", "", "nginx: master process"]
)
def test_other_processes_are_nobody(title: str, tmp_path: Path) -> None:
    where = machine(tmp_path)
    start(tmp_path, title, install(tmp_path, "--conf-path=/nowhere.conf"))

    assert installed(where) == ()


def test_a_program_that_does_not_answer_is_nobody(tmp_path: Path) -> None:
    where = machine(tmp_path)
    program = tmp_path / "sbin/nginx"
    program.write_text("no program")
    program.chmod(0o755)

    assert installed(where) == ()


# One that is named.


def test_a_named_configuration_is_read_as_nginx_runs_with_it(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path)
    program = install(tmp_path, DEBIAN.format(conf="/other.conf"))
    start(tmp_path, f"nginx: master process nginx -p /opt -c {conf}", program)

    assert installed_at(conf, where).built.prefix == "/opt"


def test_a_named_configuration_is_read_as_its_program_is_built(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path, "angie.conf")
    install(tmp_path, "--prefix=/one --conf-path=/one/nginx.conf")
    install(tmp_path, f"--prefix=/two --conf-path={conf}", "angie")

    assert installed_at(conf, where).built.prefix == "/two"


def test_a_named_configuration_beside_logs_has_their_folder_for_prefix(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path, "conf/nginx.conf")
    install(tmp_path, DEBIAN.format(conf="/etc/nginx/nginx.conf"))
    (tmp_path / "logs").mkdir()

    assert installed_at(conf, where).built == Built(str(tmp_path))


def test_any_other_named_configuration_is_read_as_nginx_is_built_here(tmp_path: Path) -> None:
    where, conf = machine(tmp_path), conf_file(tmp_path)
    install(tmp_path, DEBIAN.format(conf="/etc/nginx/nginx.conf"))

    assert installed_at(conf, where).built.prefix == "/usr/share/nginx"
