"""The golden cases: a folder each, with a log, its README, and what comes of it."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
CASES = sorted(path.parent for path in FOLDER.glob("*/README.md"))


def replayed(case: Path) -> dict[Path, str]:
    """What `logtell replay` makes of a case, by the files that it is compared with."""
    form = case / "format.txt"
    chosen = ["--format", form.read_text().strip()] if form.exists() else []
    own = ["-c", "config.yaml"] if (case / "config.yaml").exists() else []
    logs = sorted(path.name for path in case.glob("*.log"))
    return {
        case / name: _output([*chosen, *own, option, "-", *logs], case)
        for name, option in (("events.jsonl", "--events"), ("metrics.json", "--metrics"))
    }


def _output(arguments: list[str], case: Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "agent.cli", "replay", *arguments],
        cwd=case,
        # Times without a zone are New York's, as in all tests, whoever rewrites them.
        env=os.environ | {"TZ": "EST5EDT", "PYTHONPATH": str(FOLDER.parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout
