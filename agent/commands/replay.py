"""`logtell replay`."""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from agent.config import Config
    from agent.measures import Measure
    from agent.pipeline import EventSink, Pipeline
    from agent.replay import Replay
    from agent.rulebook import Rulebook
    from agent.story import Story
    from parsers.batch import Parser

DESCRIPTION = """\
Read old logs once, from their start to their end, and report what happened: when, the worst of it
explained, counts, and timers with percentiles. Reads plain, gzip, bzip2 and xz files, and standard
input as -. Nothing is sent to StatsD: plain StatsD has no time stamps, so old events would count as
new ones. Exits with 1 if a file could not be read whole, a line was cut or lost, or the lines and
bytes read do not add up."""
EXAMPLES = """\
examples:
  logtell replay /var/log/nginx/access.log /var/log/nginx/error.log.2.gz
  logtell replay --format '$remote_addr [$time_local] "$request" $status' access.log
  zcat old.gz | logtell replay --metrics - -
  logtell replay --events events.jsonl app.log"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="log files, or -")
    parser.add_argument(
        "--format",
        default="auto",
        metavar="F",
        help="a format's name, or the text of a log_format; default: found from each file's head",
    )
    parser.add_argument(
        "--events", metavar="OUT", help="write every event as JSON lines (- is stdout)"
    )
    parser.add_argument(
        "--metrics", metavar="OUT", help="write the final tally as JSON (- is stdout)"
    )
    parser.add_argument(
        "-c",
        "--config",
        metavar="FILE",
        help="use the rules and measures of FILE, and its formats, zones and routes for the logs"
        " that its sources mean, also rotated",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no summary")


def main(args: argparse.Namespace) -> int:
    """Replay the files and report."""
    from agent.commands.common import complain, parser_or_complain, rulebook_or_complain

    if args.events == args.metrics == "-":
        complain(
            "--events and --metrics both go to standard output", "give one of them a file name"
        )
        return 2
    if parser_or_complain(args.format) is None:
        return 2
    config = None
    if args.config:
        from agent.commands.configuration import config_or_complain

        config = config_or_complain(args.config)
        if config is None:
            return os.EX_CONFIG
    own = (config.rules.folders, config.rules.off) if config else ()
    rules = rulebook_or_complain(*own)
    if rules is None:
        return os.EX_CONFIG
    try:
        return _replay(args, config, rules)
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"{error.filename or 'output'}: {error.strerror}", "check the path and free space")
        return 1


def _replay(args: argparse.Namespace, config: "Config | None", rules: "Rulebook") -> int:
    import time

    from agent.console import printable
    from agent.pipeline import Pipeline
    from agent.replay import Replay

    wants_summary = not args.quiet and "-" not in (args.events, args.metrics)
    with ExitStack() as stack:
        pipeline = Pipeline(rules, _measures(config), _sinks(args, stack))
        story = _story(pipeline) if wants_summary else None
        replay = Replay(pipeline, lambda head: _parser(args, config, replay.path, head))
        if not args.quiet and sys.stderr.isatty():
            from agent.progress import progress_bar

            replay.progress = stack.enter_context(progress_bar(args.files))
        began_s = time.monotonic()
        replay.read(args.files)
        elapsed_s = time.monotonic() - began_s
    _write_metrics(args, replay)
    if story is not None:
        from agent.cards import terminal
        from agent.summary import show_summary

        show_summary(terminal(), replay, story, elapsed_s)
    for complaint in replay.fitness.complaints() if story is None else ():
        print(f"logtell: {printable(complaint)}", file=sys.stderr)
    for trouble in filter(None, [*replay.troubles, replay.out_of_balance()]):
        print(f"logtell: {printable(trouble)}", file=sys.stderr)
    return 0 if replay.is_whole() else 1


def _parser(args: argparse.Namespace, config: "Config | None", path: str, head: bytes) -> "Parser":
    """The parser of a file: what the configuration has for it, unless a format was named."""
    from agent.zones import local_zone, written
    from parsers.formats import Options, parser_for

    if config is not None and args.format == "auto":
        from agent.setup import opener_of

        if opens := opener_of(config, path, lambda: written(path)):
            return opens(head)
    options = Options(local_zone(), lambda: written(path))
    return parser_for(args.format, options, head=head)


def _measures(config: "Config | None") -> "list[Measure]":
    if config is None:
        from agent.measures import defaults

        return defaults()
    from agent.setup import measures_of

    return measures_of(config)


def _sinks(args: argparse.Namespace, stack: ExitStack) -> "list[EventSink]":
    if not args.events:
        return []
    from agent.sinks import EventSink as Sink

    return [Sink(_output(args.events, stack).write)]


def _story(pipeline: "Pipeline") -> "Story":
    from agent.story import Story

    story = Story()
    pipeline.sinks = [*pipeline.sinks, story]
    return story


def _output(path: str, stack: ExitStack) -> BinaryIO:
    if path == "-":
        return sys.stdout.buffer
    return stack.enter_context(Path(path).open("wb"))


def _write_metrics(args: argparse.Namespace, replay: "Replay") -> None:
    if not args.metrics:
        return
    import orjson

    from agent.replay import metrics_json

    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    with ExitStack() as stack:
        _output(args.metrics, stack).write(orjson.dumps(metrics_json(replay), option=option))
        sys.stdout.flush()
