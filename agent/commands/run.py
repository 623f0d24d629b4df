"""`logtell run`."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Config
    from agent.nginx_live import LiveNginx
    from agent.parts import Parts
    from agent.service import Service

DESCRIPTION = """\
Follow logs, explain cryptic lines, and send counters, timers and values to StatsD, until told to
stop (SIGTERM or Ctrl-C: every file is read to its end, everything is flushed, exit code 0). SIGHUP
reads the configuration anew; a wrong one is refused and the old one stays. If no sources are
configured, it follows all logs that nginx's own configuration names, in the formats given there,
and goes on doing so when that changes."""
EXAMPLES = """\
examples:
  logtell run
  logtell run -c /etc/logtell/logtell.yaml
  logtell run --nginx-conf /opt/nginx/conf/nginx.conf
  LOGTELL_STATSD__HOST=metrics.example.org logtell run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="configuration; default: $LOGTELL_CONFIG, else /etc/logtell/logtell.yaml",
    )
    parser.add_argument(
        "--nginx-conf",
        metavar="FILE",
        help="nginx's configuration, whose logs are followed beside what is configured; default:"
        " that of the nginx that runs or is installed, if no sources are configured",
    )


def main(args: argparse.Namespace) -> int:
    """Run the agent."""
    from agent.commands.common import complain
    from agent.commands.configuration import config_or_complain
    from agent.descriptors import raise_limit
    from agent.logs import set_up_logging
    from agent.nginx_live import LiveNginx

    config = config_or_complain(args.config)
    if config is None:
        return os.EX_CONFIG
    if not _has_output(config):
        complain(
            "standard output is closed, and events are to go there",
            "redirect it (`> /dev/null`), or name a file under `sinks:`",
        )
        return os.EX_IOERR
    set_up_logging(config.log.level, os.environ)
    raise_limit()
    nginx = LiveNginx()
    config = _with_nginx(args, config, nginx)
    return _serve(args, config, nginx) if _has_sources(args, config) else os.EX_CONFIG


def _has_output(config: "Config") -> bool:
    """Whether standard output is open, or nothing is to go there."""
    if sys.stdout is not None:
        return True
    # For whoever flushes it at the end.
    sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    return all(sink.to != "-" for sink in config.sinks)


def _with_nginx(args: argparse.Namespace, config: "Config", nginx: "LiveNginx") -> "Config":
    """The configuration with what is found of nginx, if that is wanted."""
    from agent.commands.common import show_findings
    from agent.commands.configuration import wants_nginx

    wanted, conf = wants_nginx(config, args.nginx_conf)
    if not wanted:
        nginx.present = None
        return config
    first = nginx.present is None
    found = nginx.read(conf)
    if first:
        show_findings(found.findings)
    return nginx.laid_under(config)


def _has_sources(args: argparse.Namespace, config: "Config") -> bool:
    from agent.commands.common import complain
    from agent.commands.configuration import default_path

    if config.sources:
        return True
    path = args.config or default_path()
    where = f"{path} has no sources" if path else "no configuration"
    if args.nginx_conf or config.nginx.startswith("/"):
        found = f"no logs in {args.nginx_conf or config.nginx}"
    else:
        found = "`nginx:` is off" if config.nginx == "off" else "no nginx was found"
    complain(
        f"there is nothing to follow: {where}, and {found}",
        f"name logs under `sources:` in {path or '/etc/logtell/logtell.yaml'} (see"
        " `logtell schema config`), or nginx's configuration with --nginx-conf",
    )
    return False


def _serve(args: argparse.Namespace, config: "Config", nginx: "LiveNginx") -> int:
    import asyncio
    from collections import Counter
    from contextlib import suppress

    from agent.checkpoint import CheckpointStore
    from agent.heartbeat import runtime_folder
    from agent.notify import Notifier
    from agent.service import Service
    from agent.settings import state_folder

    parts = _parts(config, None)
    if parts is None:
        return os.EX_CONFIG
    folder = state_folder(config, os.environ, root=os.getuid() == 0)
    with suppress(OSError):  # saving the checkpoint will say what is wrong
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)

    def reload() -> "Parts | None":
        return _parts_anew(args, nginx, service.parts)

    counts = Counter[str]()
    store = CheckpointStore(
        folder / "checkpoint.json", count=lambda name, n: counts.update({name: n})
    )
    notifier = Notifier.from_environment(os.environ)
    service = Service(
        parts, reload, store, notifier, runtime_folder(os.environ), counts, changed=nginx.changed
    )
    return asyncio.run(_until_stopped(service))


def _parts_anew(args: argparse.Namespace, nginx: "LiveNginx", present: "Parts") -> "Parts | None":
    from agent.commands.configuration import config_or_complain

    config = config_or_complain(args.config)
    if config is None:
        return None
    config = _with_nginx(args, config, nginx)
    parts = _parts(config, present) if _has_sources(args, config) else None
    if parts:
        parts.young = nginx.young
    return parts


async def _until_stopped(service: "Service") -> int:
    code = await service.run()
    if code:
        # A thread may hang in a write to an output that takes nothing, and Python waits for its
        # threads and flushes its standard output before it ends.
        os._exit(code)
    return code


def _parts(config: "Config", present: "Parts | None") -> "Parts | None":
    from agent.commands.common import show_findings
    from agent.parts import build

    parts, findings = build(config, present)
    show_findings(findings)
    return parts
