"""`logtell check`."""

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules.messages import Finding

DESCRIPTION = """\
Test the configuration and rule files before they are used: schema, formats, patterns, and every
example of every rule, through the real parser with all rules loaded. All that is wrong is said at
once, as path:line:col with a fix. Without FILE it tests the configuration that `run` would use (the
file or the environment) and the shipped rules. A FILE whose `rules:` is a list is a rule file; any
other is a configuration."""
EXAMPLES = """\
examples:
  logtell check
  logtell check /etc/logtell/logtell.yaml
  logtell check my-rules/*.yaml

exit codes: 0 all well, 1 a rule is wrong, 78 a configuration is wrong"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="configuration or rule files, folders"
    )


def main(args: argparse.Namespace) -> int:
    """Test everything and say what is wrong."""
    from agent.checking import check_configuration, check_rules, is_rule_file
    from agent.commands.configuration import default_path

    rule_files = [path for path in args.files if is_rule_file(path)]
    chosen = [path for path in args.files if path not in rule_files]
    configurations = chosen or ([default_path()] if not rule_files else [])
    code = 0
    for path in configurations:
        found, folders = check_configuration(path, os.environ)
        if _report(path or "environment", found):
            code = os.EX_CONFIG
        rule_files += folders
    in_rules, count = check_rules(rule_files, shipped=not args.files)
    in_rules_code = _report(f"{count} rules", in_rules)
    return code or in_rules_code


def _report(what: str, findings: "Sequence[Finding]") -> int:
    """Print findings; 1 if any is an error."""
    from agent.commands.common import show_findings

    show_findings(findings)
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        print(f"{what}: {errors} error{'s' * (errors != 1)}")
        return 1
    print(f"{what}: all well")
    return 0
