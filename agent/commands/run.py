"""`logtell run`."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.config import Config
    from agent.parts import Parts
    from agent.service import Service

DESCRIPTION = """\
Follow logs, explain cryptic lines, and send counters, timers and values to StatsD, until told to
stop (SIGTERM or Ctrl-C: every file is read to its end, everything is flushed, exit code 0). SIGHUP
reads the configuration anew; a wrong one is refused and the old one stays. Without a configuration
file it follows nginx's logs in /var/log/nginx."""
EXAMPLES = """\
examples:
  logtell run
  logtell run -c /etc/logtell/logtell.yaml
  LOGTELL_STATSD__HOST=metrics.example.org logtell run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="configuration; default: $LOGTELL_CONFIG, else /etc/logtell/logtell.yaml",
    )


def main(args: argparse.Namespace) -> int:
    """Run the agent."""
    from agent.commands.common import complain
    from agent.descriptors import raise_limit
    from agent.logs import set_up_logging

    config = _config_or_complain(args)
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
    return _serve(args, config)


def _has_output(config: "Config") -> bool:
    """Whether standard output is open, or nothing is to go there."""
    if sys.stdout is not None:
        return True
    # For whoever flushes it at the end.
    sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    return all(sink.to != "-" for sink in config.sinks)


def _config_or_complain(args: argparse.Namespace) -> "Config | None":
    """A configuration that has something to follow; None after complaining."""
    from agent.commands.common import complain
    from agent.commands.configuration import config_or_complain, default_path

    config = config_or_complain(args.config)
    if config is None or config.sources:
        return config
    if path := args.config or default_path():
        complain(
            f"{path}: there is nothing to follow: it has no sources",
            "name your logs under `sources:` (see `logtell schema config`)",
        )
    else:
        complain(
            "there is nothing to follow: no configuration, and no logs in /var/log/nginx",
            "write /etc/logtell/logtell.yaml with `sources:` (see `logtell schema config`)",
        )
    return None


def _serve(args: argparse.Namespace, config: "Config") -> int:
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
        fresh = _config_or_complain(args)
        return _parts(fresh, service.parts) if fresh else None

    counts = Counter[str]()
    store = CheckpointStore(
        folder / "checkpoint.json", count=lambda name, n: counts.update({name: n})
    )
    notifier = Notifier.from_environment(os.environ)
    service = Service(parts, reload, store, notifier, runtime_folder(os.environ), counts)
    return asyncio.run(_until_stopped(service))


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
