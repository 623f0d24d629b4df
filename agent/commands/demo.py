"""`logtell demo`."""

import argparse

DESCRIPTION = """\
Show the whole thing on sample logs that grow: the agent follows them, explains what its rules know,
and sends its metrics to a small StatsD receiver on loopback, which shows what arrived."""
EXAMPLES = "example: logtell demo --seconds 60"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--seconds", type=float, default=20, metavar="N", help="how long (default: 20)"
    )


def main(args: argparse.Namespace) -> int:
    """Run the demo; 1 if StatsD did not get every line."""
    import asyncio

    from agent.cards import terminal
    from agent.demo import show

    return 0 if asyncio.run(show(args.seconds, terminal())) else 1
