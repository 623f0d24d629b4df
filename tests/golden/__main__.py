"""
Compare the golden files with what logtell does now, or write them anew.

Usage: python -m tests.golden [--rewrite]
"""

import sys

from tests.golden.cases import CASES, replayed


def main(arguments: list[str]) -> int:
    """1 if anything differs and is not rewritten."""
    from tests.agent import test_nginx_conf
    from tests.agent.test_config import FAULTY, messages

    now = {path.with_suffix(".txt"): messages(path) for path in FAULTY}
    for path in test_nginx_conf.FAULTY:
        now[path.with_suffix(".txt")] = test_nginx_conf.nginx_messages(path)
    for case in CASES:
        now |= replayed(case)
    different = [
        path for path, text in now.items() if not path.exists() or path.read_text() != text
    ]
    for path in different:
        if "--rewrite" in arguments:
            path.write_text(now[path])
        sys.stdout.write(f"{path}: differs\n")
    return 1 if different and "--rewrite" not in arguments else 0


sys.exit(main(sys.argv[1:]))
