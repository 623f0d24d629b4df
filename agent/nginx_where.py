"""Which nginx is meant: those that run, else the one installed, and where each reads what."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.nginx_logs import Built
from agent.paths import is_missing

# nginx of distributions and of nginx.org, OpenResty, Angie, Tengine, and what people build.
_NAMES = ("nginx", "openresty", "angie", "tengine", "freenginx")
_FOLDERS = (
    "/usr/sbin",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/local/nginx/sbin",
    "/usr/local/openresty/nginx/sbin",
    "/usr/local/angie/sbin",
    "/usr/local/tengine/sbin",
    "/opt/tengine/sbin",
    "/opt/nginx/sbin",
)
# Where a configuration stands without its program: mounted into a sidecar. What is compiled in is
# then that of the packages of nginx.org, OpenResty and Angie (their `nginx -V`).
_USUAL_CONF = "/etc/nginx/nginx.conf"
_WITHOUT_PROGRAM = {
    _USUAL_CONF: Built("/etc/nginx", "/var/log/nginx/access.log", "/var/log/nginx/error.log"),
    "/usr/local/openresty/nginx/conf/nginx.conf": Built("/usr/local/openresty/nginx"),
    "/etc/angie/angie.conf": Built(
        "/etc/angie", "/var/log/angie/access.log", "/var/log/angie/error.log"
    ),
    "/usr/local/nginx/conf/nginx.conf": Built("/usr/local/nginx"),
}
_USUAL_LOGS = {
    "nginx": ("/var/log/nginx/access.log", "auto"),
    "nginx_errors": ("/var/log/nginx/error.log", "nginx_error"),
}
_ANSWER_WITHIN_S = 5.0
_OPTION = re.compile(r"--([\w-]+)=('[^']*'|\S+)")
# ngx_master_process_cycle writes the command line behind the title; Angie writes its version and a
# number before it, and the command line in brackets.
_MASTER = re.compile(r"\w+: master process (?:v\S+ #\d+ \[)?(.+?)\]?")


@dataclass(frozen=True, slots=True)
class Installed:
    """One nginx: its configuration, and what holds where that says nothing."""

    conf: str
    built: Built


@dataclass(slots=True)
class Machine:
    """Where to look; a test has one of its own."""

    proc: Path = Path("/proc")
    folders: Sequence[str] = _FOLDERS
    path: str = field(default_factory=lambda: os.environ.get("PATH", os.defpath))
    without_program: Mapping[str, Built] = field(default_factory=lambda: _WITHOUT_PROGRAM)
    # Where logs are looked for if there is no configuration: name of the source → path, format.
    usual_logs: Mapping[str, tuple[str, str]] = field(default_factory=lambda: _USUAL_LOGS)
    # Processes that were passed over, and why.
    passed_over: list[str] = field(default_factory=list)


def installed(machine: Machine) -> tuple[Installed, ...]:
    """
    Find the configurations of all nginx that run here; if none does, of the first that is there.

    Processes of others are not believed, nor their programs run: anybody may call himself nginx,
    and a configuration names files that we then read with our rights.
    """
    running = tuple(dict.fromkeys(_running(machine)))
    return running or tuple(_first_there(machine))


def installed_at(conf: str, machine: Machine) -> Installed:
    """What holds for a configuration that is named: as nginx runs with it, else as it is built."""
    running = list(_running(machine))
    machine.passed_over.clear()  # which one is meant was said
    for each in running:
        if os.path.realpath(each.conf) == os.path.realpath(conf):
            return replace(each, conf=conf)
    asked = [found for program in _programs(machine) if (found := _asked(program))]
    for each in (*asked, *_laid_out_like_make_install(conf)):
        if each.conf == conf:
            return each
    if conf in machine.without_program:
        return Installed(conf, machine.without_program[conf])
    otherwise = Built(os.path.dirname(conf))  # noqa: PTH120 - as nginx, links unresolved
    return Installed(conf, asked[0].built if asked else otherwise)


def _laid_out_like_make_install(conf: str) -> Iterator[Installed]:
    """As it is in PREFIX/conf/nginx.conf with PREFIX/logs, and with `nginx -p PREFIX`."""
    folder = Path(conf).parent
    if folder.name == "conf" and (folder.parent / "logs").is_dir():
        yield Installed(conf, Built(str(folder.parent)))


def _first_there(machine: Machine) -> Iterator[Installed]:
    for program in _programs(machine):
        found = _asked(program)
        if found and not is_missing(found.conf):
            yield found
            return
    for conf, built in machine.without_program.items():
        if not is_missing(conf):
            yield Installed(conf, built)
            return


def _programs(machine: Machine) -> Iterator[str]:
    for name in _NAMES:
        found = shutil.which(name, path=os.pathsep.join([machine.path, *machine.folders]))
        if found and _is_trusted(found):
            yield found


def _is_trusted(program: str) -> bool:
    """Whether only root or we ourselves can have put a program there: we are going to run it."""
    with suppress(OSError):
        found = os.stat(program)  # noqa: PTH116 - beside the next line
        others = stat.S_IMODE(found.st_mode) & stat.S_IWOTH
        return found.st_uid in (0, os.geteuid()) and not others
    return False


def _asked(program: str) -> Installed | None:
    """What `nginx -V` says; None if it says nothing."""
    try:
        done = subprocess.run(
            [program, "-V"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    said = (done.stderr + done.stdout).decode(errors="replace")
    return compiled(said) if "configure arguments:" in said else None


def compiled(said: str) -> Installed:
    """Read `nginx -V`; defaults are those of auto/options in nginx's source."""
    options = {name: value.strip("'") for name, value in _OPTION.findall(said)}
    built = Built(
        options.get("prefix", "/usr/local/nginx"),
        options.get("http-log-path", "logs/access.log"),
        options.get("error-log-path", "logs/error.log"),
    )
    conf = os.path.join(built.prefix, options.get("conf-path", "conf/nginx.conf"))  # noqa: PTH118
    return Installed(conf, built)


def _running(machine: Machine) -> Iterator[Installed]:
    for folder in sorted(machine.proc.glob("[0-9]*"), key=lambda each: int(each.name)):
        with suppress(OSError, ValueError):  # it has ended, or hides from us
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            master = _MASTER.fullmatch(title)
            if master and _is_ours(folder, machine):
                found = _of_master(folder, master[1].split(), machine)
                if is_missing(found.conf):  # whether one is in a container only root can tell
                    machine.passed_over.append(
                        f"process {folder.name} is nginx with {found.conf}, which is not here: it"
                        " may run in a container"
                    )
                else:
                    yield found


def _is_ours(process: Path, machine: Machine) -> bool:
    """Whether a process is root's or ours, and sees the files that we see."""
    # Not the owner of its folder: that says root for any process that made itself undumpable.
    user = re.search(r"^Uid:\t(\d+)", (process / "status").read_text(), re.MULTILINE)
    if user is None or int(user[1]) not in (0, os.geteuid()):
        whose = user[1] if user else "unknown"
        machine.passed_over.append(
            f"process {process.name} (user {whose}) calls itself nginx, but is neither root's nor"
            " ours: name its configuration with `--nginx-conf` or `nginx:`"
        )
        return False
    with suppress(PermissionError):
        # One in a container reads other files under the same names.
        return os.path.samestat((process / "root").stat(), Path("/").stat())
    return True


def _of_master(process: Path, command: list[str], machine: Machine) -> Installed:
    options = _options(command)
    program = _program(process, command[0], machine)
    said = _asked(program) if program and _is_trusted(program) else None
    base = said or Installed(_USUAL_CONF, _WITHOUT_PROGRAM[_USUAL_CONF])
    built, conf = base.built, options.get("c", base.conf)
    if "p" in options:
        built = replace(built, prefix=_prefix(process, options["p"]))
    if "e" in options:
        built = replace(built, error_log=options["e"])
    return Installed(os.path.join(built.prefix, conf), built)  # noqa: PTH118 - both are text


def _prefix(process: Path, given: str) -> str:
    """The folder that `-p` means, from where nginx was started."""
    if given.startswith("/"):
        return given
    return str((process / "cwd").readlink() / given)  # an OSError for whoever may not know


def _program(process: Path, name: str, machine: Machine) -> str | None:
    with suppress(OSError):
        # After an upgrade the link reads `/usr/sbin/nginx (deleted)`.
        found = str((process / "exe").readlink()).removesuffix(" (deleted)")
        if not is_missing(found):
            return found
    return shutil.which(name, path=os.pathsep.join([machine.path, *machine.folders]))


def _options(command: Sequence[str]) -> dict[str, str]:
    """The values of `-c FILE`, `-p PREFIX` and `-e FILE`, written apart or together."""
    found: dict[str, str] = {}
    words = iter(command[1:])
    for word in words:
        if word[:2] in ("-c", "-p", "-e"):
            found[word[1]] = word[2:] or next(words, "")
    return {name: value for name, value in found.items() if value}
