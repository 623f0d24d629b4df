"""`logtell schema`."""

import argparse

DESCRIPTION = "Print the JSON Schema of what logtell writes or reads, for editors and for scripts."
EXAMPLES = """\
examples:
  logtell schema event
  logtell schema config > logtell.schema.json"""
_WHAT = ("event", "config", "rules", "status")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", choices=_WHAT, help="what to describe")


def main(args: argparse.Namespace) -> int:
    """Print one schema."""
    import json

    print(json.dumps(_model(args.what), indent=2))
    return 0


def _model(what: str) -> dict[str, object]:
    if what == "event":
        from agent.contract import Event

        return Event.model_json_schema()
    if what == "config":
        from agent.config import Config

        return Config.model_json_schema()
    if what == "status":
        from agent.status import Status

        return Status.model_json_schema()
    from rules.model import RuleFile

    return RuleFile.model_json_schema()
