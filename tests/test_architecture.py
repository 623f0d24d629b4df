"""Holds the shape of DESIGN.md: imports point one way, one door per dependency, no monsters."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# A package may import those of its own rank and below.
RANKS = {"parsers": 0, "rules": 1, "agent": 2}

NUMPY_REASONS = {
    "parsers/words.py": "the low-level door: whole-block byte searches and their number types",
    "parsers/aligned.py": "which lines of a block begin a record",
    "parsers/apart.py": "which lines of a stream begin a record",
    "parsers/attempts.py": "a column of lists",
    "parsers/batch.py": "a batch is columns",
    "parsers/captions.py": "which lines state nothing but a time",
    "parsers/columns.py": "columns",
    "parsers/detect.py": "the lines of a sample that fit",
    "parsers/exceptions.py": "the rows of several lines",
    "parsers/exact.py": "gathers the exact path's rows into columns",
    "parsers/fingerprints.py": "the numbers of all texts at once",
    "parsers/framed.py": "which line on disk each record of a stream begins in",
    "parsers/frames.py": "streams and marks of all lines",
    "parsers/head_log.py": "columns of the fast path",
    "parsers/inferred.py": "words of trouble in all lines at once",
    "parsers/inner.py": "the heads within all lines at once",
    "parsers/joining.py": "which lines of a block begin a record",
    "parsers/kinds.py": "kinds of bytes of all rows at once",
    "parsers/journald.py": "the spans of all entries",
    "parsers/judged.py": "the severities of all records",
    "parsers/structured.py": "which lines are records",
    "parsers/klog.py": "columns of the fast path",
    "parsers/lines.py": "the spans of all lines",
    "parsers/merged.py": "rows of several batches in one order",
    "parsers/mixed.py": "the lines that each format begins",
    "parsers/offer.py": "the lines that a format may take",
    "parsers/known_starts.py": "how the lines of a block begin",
    "parsers/level_keys.py": "the words of all lines of a block",
    "parsers/level_places.py": "the words of all lines of a block",
    "parsers/level_marks.py": "marks and numbers of all lines at once",
    "parsers/level_words.py": "the words of all heads at once",
    "parsers/levels.py": "level words of all lines at once",
    "parsers/loose.py": "the lines that begin with a time",
    "parsers/times.py": "the spans of all times",
    "parsers/zone_marks.py": "the zones of all times at once",
    "parsers/nginx_access.py": "columns of the fast path",
    "parsers/nginx_columns.py": "derived columns of the fast path",
    "parsers/nginx_error.py": "columns of the fast path",
    "parsers/nginx_request.py": "the parts of all request lines at once",
    "parsers/plain.py": "columns of the fast path",
    "parsers/prefixes.py": "columns of the fast path",
    "parsers/python_log.py": "columns of the fast path",
    "parsers/records.py": "record boundaries as columns of offsets",
    "parsers/route_table.py": "looks all paths up at once",
    "parsers/routes.py": "numbers the routes as the paths are",
    "parsers/stamps.py": "the times of all lines at once",
    "parsers/scan.py": "the structural scan",
    "parsers/server_log.py": "columns of the fast path",
    "parsers/shapes.py": "what all lines begin with",
    "parsers/solve.py": "cuts a segment of all lines at once",
    "parsers/strangers.py": "which lines of a block another program wrote",
    "parsers/traces.py": "the lines that may begin a trace, of all lines at once",
    "parsers/upstreams.py": "tells which attempts failed",
    "rules/match.py": "rows named by the scan, as an array",
    "agent/measures.py": "masks and sums over columns",
    "agent/tally.py": "timer samples and percentiles",
    "agent/rulebook.py": "the empty answer for formats without rules",
    "agent/explain.py": "all rows of one line's batch",
    "agent/fitness.py": "the rows that did not fit",
    "agent/loggers.py": "the threshold of every row by its logger",
    "agent/events.py": "selects rows by severity and logger",
    "agent/story.py": "what happened when, by bins",
    "agent/summary.py": "draws those bins",
    "agent/selftest/ledger.py": "a row for each record, mapped into memory",
    "agent/selftest/evidence.py": "which records of millions were seen, and where",
    "agent/selftest/times.py": "when they came",
    "agent/selftest/counters.py": "sums over a ledger",
    "agent/selftest/verdict.py": "counts by generation",
}
# These draw for people; nothing that runs unattended may load rich.
TERMINAL = {
    "agent/cards.py": "the card of one explanation",
    "agent/demo.py": "the demo's screen",
    "agent/progress.py": "the replay's bar",
    "agent/selftest/page.py": "the selftest's progress and verdict",
    "agent/status_page.py": "the page of `logtell status`",
    "agent/summary.py": "the replay's closing page",
}
# Dependency → the modules that may import it: one door, or a reason for each.
DOORS: dict[str, dict[str, str]] = {
    "aiofiles": {"agent/files.py": "what can block and is rare"},
    "crossplane": {"agent/nginx_conf.py": "cuts nginx.conf into words"},
    "hyperscan": {"rules/multimatch.py": "all patterns, one scan"},
    "numpy": NUMPY_REASONS,
    "rich": TERMINAL,
    "statsd": {"agent/statsd.py": "its API over our transport"},
    "watchdog": {"agent/wake.py": "only ever a hint to look again"},
    "yaml": {"rules/located.py": "the strict reader that keeps positions"},
}

PURE = {"parsers", "rules"}
FILE_CALLS = {"open", "read_bytes", "read_text", "write_bytes", "write_text"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "http", "logging", "multiprocessing", "os", "random", "selectors",
    "shutil", "signal", "socket", "subprocess", "tempfile", "threading", "time", "urllib",
}  # fmt: skip
CLOCK_CALLS = {"now", "today", "utcnow"}
# (module, what it may import or call all the same) → why.
PURE_BUT = {
    ("parsers/__init__.py", "os"): "sets OPENBLAS_NUM_THREADS, which numpy reads at its import",
    ("rules/load.py", "open"): "reads the packs",
    ("rules/load.py", "os"): "reads the packs",
    ("rules/load.py", "read_bytes"): "reads the packs",
    ("rules/load.py", "read_text"): "reads the packs",
}

MAX_FUNCTION_LINES = 50
MAX_PIPELINE_LINES = 60
BANNED_WORDS = {"data", "handler", "helper", "info", "manager", "processor", "util"}
BANNED_PREFIXES = {"do", "my", "new", "process"}
PRINTS = re.compile(r"agent/(cli|commands/.+)\.py")


@dataclass(frozen=True, slots=True)
class Module:
    """One source file of a package, parsed; `path` is relative to the root."""

    path: str
    source: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.split("/", 1)[0]

    def at(self, node: ast.stmt | ast.expr, message: str) -> str:
        return f"{self.path}:{node.lineno}: {message}"


def module(path: str, source: str) -> Module:
    return Module(path, source, ast.parse(source, path))


def modules() -> list[Module]:
    paths = [path for package in RANKS for path in sorted((ROOT / package).rglob("*.py"))]
    return [module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """Each import's statement and its dotted name: `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = f"{node.module}." if node.module else ""
            yield from ((node, "." * node.level + base + alias.name) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Each call and the last part of what is called: `a.b()` gives `b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield node, name


def wrong_way_imports(m: Module) -> Iterator[str]:
    for node, name in imports(m.tree):
        top = name.split(".")[0]
        if top == "":
            yield m.at(node, "relative import; say the package, so that the direction shows")
        elif top in {"tests", "benchmarks"}:
            yield m.at(node, f"the product imports {top}")
        elif RANKS.get(top, -1) > RANKS[m.package]:
            yield m.at(node, f"{m.package} imports {top}; imports point parsers <- rules <- agent")


def side_doors(m: Module) -> Iterator[str]:
    for node, name in imports(m.tree):
        doors = DOORS.get(name.split(".")[0])
        if doors is not None and m.path not in doors:
            yield m.at(node, f"imports {name}, which is for: {', '.join(doors) or 'nobody yet'}")


def eager_terminal_imports(m: Module) -> Iterator[str]:
    drawn = {path.removesuffix(".py").replace("/", ".") for path in TERMINAL}
    lazy = {id(node) for function in functions(m.tree) for node in ast.walk(function)}
    lazy |= {id(node) for block in type_checking_blocks(m.tree) for node in ast.walk(block)}
    for node, name in imports(m.tree):
        names = {name, name.rpartition(".")[0]}
        if m.path not in TERMINAL and id(node) not in lazy and names & drawn:
            yield m.at(node, f"imports {name} at the top; import it where it is used (start-up)")


def type_checking_blocks(tree: ast.Module) -> Iterator[ast.If]:
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield node


def impurities(m: Module) -> Iterator[str]:
    if m.package not in PURE:
        return
    for statement, name in imports(m.tree):
        top = name.split(".")[0]
        if top in IMPURE_MODULES and (m.path, top) not in PURE_BUT:
            yield m.at(statement, f"imports {name}; {m.package} is pure")
    for call, name in calls(m.tree):
        if name in CLOCK_CALLS:
            yield m.at(call, f"calls {name}(): reads the clock; let the caller pass the time")
        if name in FILE_CALLS and (m.path, name) not in PURE_BUT:
            yield m.at(call, f"calls {name}(): touches a file")
    for node in ast.walk(m.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield m.at(node, f"async; {m.package} is pure")


def long_functions(m: Module) -> Iterator[str]:
    for node in functions(m.tree):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > MAX_FUNCTION_LINES:
            yield m.at(node, f"{node.name} has {lines} lines, more than {MAX_FUNCTION_LINES}")


def long_pipeline(m: Module) -> Iterator[str]:
    lines = len(m.source.splitlines())
    if m.path == "agent/pipeline.py" and lines > MAX_PIPELINE_LINES:
        yield f"{m.path}: {lines} lines; the flow must fit on one screen ({MAX_PIPELINE_LINES})"


def banned_names(m: Module) -> Iterator[str]:
    stem = Path(m.path).stem
    for fault in name_faults(stem):
        yield f"{m.path}: module {stem}: {fault}"
    for node in ast.walk(m.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from (m.at(node, f"{node.name}: {fault}") for fault in name_faults(node.name))


def name_faults(name: str) -> Iterator[str]:
    """`LogHandlers` has the words log and handlers; a plural is as banned as its singular."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)]
    yield from (f"banned word {w}" for w in words if w in BANNED_WORDS or w[:-1] in BANNED_WORDS)
    if len(words) > 1 and words[0] in BANNED_PREFIXES and not name.startswith("__"):
        yield f"banned prefix {words[0]}_"


def prints(m: Module) -> Iterator[str]:
    if PRINTS.fullmatch(m.path):
        return
    for call, name in calls(m.tree):
        if name == "print" and isinstance(call.func, ast.Name):
            yield m.at(call, "prints; only agent/cli.py and agent/commands/* do")


Checker = Callable[[Module], Iterator[str]]
CHECKERS: list[Checker] = [
    wrong_way_imports,
    side_doors,
    eager_terminal_imports,
    impurities,
    long_functions,
    long_pipeline,
    banned_names,
    prints,
]


@pytest.mark.parametrize("checker", CHECKERS)
def test_every_module_passes(checker: Checker) -> None:
    faults = [fault for m in modules() for fault in checker(m)]

    assert not faults, "\n" + "\n".join(faults)


def test_the_three_packages_are_seen() -> None:
    assert {m.package for m in modules()} == set(RANKS)


def test_the_flow_is_where_a_reader_looks_for_it() -> None:
    assert (ROOT / "agent/pipeline.py").is_file()


@pytest.mark.parametrize("dependency", DOORS)
def test_every_door_is_used(dependency: str) -> None:
    users = {m.path for m in modules() for _, n in imports(m.tree) if n.split(".")[0] == dependency}
    unused = DOORS[dependency].keys() - users

    assert not unused, f"{sorted(unused)} may import {dependency} by the table, but does not"


BAD: list[tuple[Checker, str, str]] = [
    (wrong_way_imports, "parsers/x.py", "from rules.match import explain"),
    (wrong_way_imports, "rules/x.py", "def f():\n    import agent.tail"),
    (wrong_way_imports, "agent/x.py", "from tests.programs import needs"),
    (wrong_way_imports, "parsers/x.py", "from . import words"),
    (side_doors, "agent/tail.py", "from watchdog.events import FileSystemEvent"),
    (side_doors, "agent/tail.py", "import numpy as np"),
    (side_doors, "rules/load.py", "import yaml"),
    (side_doors, "agent/commands/replay.py", "def f():\n    from rich import print"),
    (side_doors, "agent/discover.py", "import crossplane"),
    (eager_terminal_imports, "agent/commands/replay.py", "from agent.progress import Bar"),
    (eager_terminal_imports, "agent/commands/explain.py", "from agent import cards"),
    (eager_terminal_imports, "agent/cli.py", "import agent.demo"),
    (impurities, "parsers/x.py", "import logging"),
    (impurities, "parsers/x.py", "from os import path"),
    (impurities, "rules/load.py", "import time"),
    (impurities, "rules/x.py", "async def f(): ..."),
    (impurities, "rules/x.py", "now = datetime.now(tz=UTC)"),
    (impurities, "rules/x.py", "text = Path('pack.yaml').read_text()"),
    (impurities, "rules/x.py", "with open('pack.yaml') as file: pass"),
    (long_functions, "agent/x.py", "def f():\n" + "    x = 1\n" * 50),
    (long_functions, "agent/x.py", "class C:\n  async def f():\n" + "    x = 1\n" * 50),
    (long_pipeline, "agent/pipeline.py", "x = 1\n" * 61),
    (banned_names, "agent/utils.py", ""),
    (banned_names, "agent/x.py", "class LogHandler: ..."),
    (banned_names, "agent/x.py", "class DATASink: ..."),
    (banned_names, "agent/x.py", "def get_info(): ..."),
    (banned_names, "agent/x.py", "async def _process_line(): ..."),
    (prints, "agent/tail.py", "print('x')"),
]


@pytest.mark.parametrize(("checker", "path", "source"), BAD)
def test_each_checker_finds_what_it_is_for(checker: Checker, path: str, source: str) -> None:
    assert list(checker(module(path, source)))


GOOD: list[tuple[Checker, str, str]] = [
    (wrong_way_imports, "agent/x.py", "import rules.match\nfrom parsers import batch"),
    (side_doors, "agent/wake.py", "import watchdog.events"),
    (side_doors, "agent/x.py", "from agent import statsd\nimport agent.statsd"),
    (eager_terminal_imports, "agent/commands/demo.py", "def f():\n    from agent.demo import show"),
    (eager_terminal_imports, "agent/x.py", "if TYPE_CHECKING:\n    from agent.cards import Card"),
    (impurities, "rules/load.py", "import os\ntext = path.read_text()"),
    (impurities, "agent/x.py", "import time, logging"),
    (impurities, "parsers/x.py", "from datetime import datetime\nimport re"),
    (long_functions, "agent/x.py", "def f():\n" + "    x = 1\n" * 49),
    (long_pipeline, "agent/pipeline.py", "x = 1\n" * 60),
    (banned_names, "agent/x.py", "def renew_metadata(): ...\ndef __new__(cls): ..."),
    (prints, "agent/commands/replay.py", "print('x')"),
    (prints, "agent/x.py", "console.print('x')"),
]  # fmt: skip


@pytest.mark.parametrize(("checker", "path", "source"), GOOD)
def test_no_checker_cries_over_what_is_right(checker: Checker, path: str, source: str) -> None:
    assert list(checker(module(path, source))) == []
