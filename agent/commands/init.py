"""`logtell init`."""

import argparse
from pathlib import Path

DESCRIPTION = """\
Write a configuration file with all logs of nginx as its sources, in the formats that nginx's own
configuration gives them, with comments that say where each comes from and what cannot be followed.
The configuration is that of the nginx that runs, else of the one installed, or the one named by
--nginx-conf. `logtell run` needs no such file; it is for those who want to change something."""
EXAMPLES = """\
examples:
  logtell init
  logtell init -o /etc/logtell/logtell.yaml
  logtell init --nginx-conf /opt/nginx/conf/nginx.conf

exit codes: 0 written, 1 no log of nginx was found, something in its configuration is wrong, or the
file could not be written"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--nginx-conf", metavar="FILE", help="nginx's configuration")
    parser.add_argument(
        "-o", "--output", metavar="FILE", default="-", help="where to write it; default: - (stdout)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that exists")


def main(args: argparse.Namespace) -> int:
    """Find nginx's logs and write them down."""
    from agent.commands.common import complain, show_findings
    from agent.discovery import find
    from agent.nginx_where import Machine
    from agent.nginx_yaml import render

    found = find(args.nginx_conf, Machine())
    show_findings(found.findings)
    for passed_over in found.passed_over:
        complain(passed_over, "give it with --nginx-conf if it is the right one")
    if not found.sources:
        complain(
            f"no log of nginx was found ({found.confs or 'no nginx is installed'})",
            "name its configuration with --nginx-conf FILE",
        )
        return 1
    return 1 if not _written(render(found), args) or found.findings else 0


def _written(text: str, args: argparse.Namespace) -> bool:
    from agent.commands.common import complain

    if args.output == "-":
        print(text, end="")
        return True
    path = Path(args.output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if args.force else "x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            complain(f"{path}: exists already", "choose another -o, or write over it with --force")
        else:
            complain(f"{path}: cannot be written: {error.strerror}", "choose another path with -o")
    else:
        return True
    return False
