"""
Traces of programs: which lines that are not indented belong to the record before, by language.

Every part of a pattern may be missing and takes nothing back, so that the first lines of a trace
mean the same before the others are there (`Parser.complete`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parsers.words import Bools, Ints, Octets


@dataclass(frozen=True, slots=True)
class Trace:
    """How the lines of one language's trace follow each other."""

    name: str
    # What the first line begins with and ends with: others are not tried.
    begins: bytes
    closes: bytes
    pattern: re.Pattern[bytes]
    # The first line too belongs to the record before.
    joins: bool
    # A record of our own, in the form that the language writes.
    sample: str
    # What writes the form.
    source: str

    def spans(self, octets: Octets, starts: Ints, ends: Ints) -> Iterator[tuple[int, int]]:
        """Where each trace begins and ends, of these lines."""
        behind = -1
        for start in self._first_lines(octets, starts, ends).tolist():
            match = self.pattern.match(octets.raw, start) if start > behind else None
            if match:
                behind = match.end()
                yield start, behind

    def _first_lines(self, octets: Octets, starts: Ints, ends: Ints) -> Ints:
        # By one byte of each line first: to search the block for each of these takes longer.
        may = ends - starts >= max(len(self.begins), len(self.closes))
        if self.begins:
            may &= octets.bytes[starts] == self.begins[0]
        if self.closes:
            may &= octets.bytes[ends - 1] == self.closes[-1]
        rows = np.flatnonzero(may)
        for what, at in ((self.begins, starts), (self.closes, ends - len(self.closes))):
            if what and rows.size:
                rows = rows[octets.literal(what, at[rows])]
        found: Ints = starts[rows]
        return found


# What a sanitizer writes between its rules of `=`.
_REPORT = (
    rb"(?:==\d++==)?+(?:ERROR|WARNING): \w*Sanitizer[^\n]*$"
    rb"(?:\n(?:[ \t][^\n]*|\r?|0x[^\n]*|=>0x[^\n]*"
    rb"|(?:READ|WRITE|Address|Shadow|SUMMARY:|HINT:|Thread|Direct leak|Indirect leak"
    rb"|freed by|previously allocated|allocated by|These globals)[^\n]*"
    rb"|==\d++==(?:HINT|Register|The signal|Hint)[^\n]*)$)*+"
    rb"(?:\n(?:==\d++==ABORTING|={18,}+)\r?$)?+"
)
TRACES = (
    Trace(
        "python",
        b"Traceback (",
        b"",
        re.compile(
            rb"^Traceback \(most recent call last\):\r?"
            rb"(?:\n(?:[ \t][^\n]*|\r?)$)*+(?:\n[\w.]++(?::[^\n]*|\r?)$)?+"
            # What libpq and SQLAlchemy (lib/sqlalchemy/exc.py) write below the message.
            rb"(?:\n(?:[ \t][^\n]*|\r?|(?:LINE \d++|DETAIL|HINT|CONTEXT): [^\n]*"
            rb"|\[SQL: [^\n]*|\[parameters: [^\n]*|\(Background on this error at: [^\n]*)$)*+"
            # What `--- Logging error ---` adds behind it (logging.Handler.handleError).
            rb"(?:\nCall stack:\r?(?:\n[ \t][^\n]*$)*+"
            rb"(?:\nMessage: [^\n]*$)?+(?:\nArguments: [^\n]*$)?+)?+",
            re.MULTILINE,
        ),
        True,
        'failed\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1',
        "cpython: Lib/traceback.py, Lib/logging/__init__.py (Handler.handleError)",
    ),
    Trace(
        "go",
        b"goroutine ",
        b"",
        re.compile(
            # Of a crash in the runtime itself `gp= m= mp=` stand before the state.
            rb"^goroutine \d++ [^\n]*\]:\r?$"
            rb"(?:\n(?:[ \t][^\n]*|\r?|[\w./%@~\[\]-]++\([^\n]*\)\r?|created by [^\n]*"
            rb"|\.\.\.[^\n]* frames elided\.\.\.\r?|goroutine \d++ [^\n]*\]:\r?)$)*+"
            rb"(?:\nexit status \d++\r?$)?+",
            re.MULTILINE,
        ),
        True,
        "panic: no\n\ngoroutine 5 [running]:\nmain.f(0x1)\n\tx.go:3\n...7 frames elided...\n"
        "created by main.g in goroutine 1\n\tx.go:9",
        "go: src/runtime/traceback.go",
    ),
    Trace(
        "php",
        b"Stack trace:",
        b"",
        re.compile(
            rb"^Stack trace:\r?$"
            rb"(?:\n(?:[ \t][^\n]*|\r?|#\d++ [^\n]*|Next [^\n]*|Stack trace:\r?)$)*+",
            re.MULTILINE,
        ),
        True,
        "PHP Fatal error:  none in /x.php:3\nStack trace:\n#0 /x.php(7): f()\n#1 {main}\n  thrown",
        "php-src: Zend/zend_exceptions.c (__toString of Exception)",
    ),
    Trace(
        "monolog",
        b"[stacktrace]",
        b"",
        re.compile(
            rb"^\[stacktrace\]\r?$"
            rb"(?:\n(?:#\d++ [^\n]*|\r?|\[previous exception\] [^\n]*|\[stacktrace\]\r?)$)*+"
            rb"(?:\n\"\}[^\n]*$)?+",
            re.MULTILINE,
        ),
        True,
        '[2026-01-02 03:04:05] local.ERROR: no {"exception":"[object] (E(code: 0): no)\n'
        '[stacktrace]\n#0 /x.php(7): f()\n#1 {main}\n"} ',
        "monolog: LineFormatter.php (normalizeException, stacktracesParser)",
    ),
    Trace(
        "dart",
        b"Unhandled exception:",
        b"",
        re.compile(
            rb"^Unhandled exception:\r?$(?:\n(?:"
            # With the text that is not well formed, a line of its own.
            rb"FormatException: [^\n]*character \d++\)\r?$(?:\n[^\n]*$)?+|[^\n]*$))?+"
            # Of a NoSuchMethodError.
            rb"(?:\n(?:Receiver|Tried calling|Found): [^\n]*$)*+"
            rb"(?:\n(?:[ \t][^\n]*|\r?|#\d++ [^\n]*|<asynchronous suspension>\r?)$)*+",
            re.MULTILINE,
        ),
        False,
        "Unhandled exception:\nFormatException: (character 2)\nno\n ^\n\n#0      main (x)",
        "GoogleCloudPlatform/fluent-plugin-detect-exceptions: test_exception_detector.rb (DART_…)",
    ),
    Trace(
        "node",
        b"",
        b"^",
        re.compile(
            # Below the line of the source and its marks: the error, and in the end the version.
            # journald leaves out the empty line between; but any compiler has such marks.
            rb"^[ \t]*+\^++\r?$(?:(?:\n\r?$\n(?:Uncaught )?+[\w.$]++(?: \[\w++\])?+"
            rb"|\n(?:Uncaught )?+[\w.$]*(?:Error|Exception)(?: \[\w++\])?+):[^\n]*$"
            rb"(?:\nRequire stack:\r?$(?:\n- [^\n]*$)*+)?+"
            rb"(?:\n(?:[ \t][^\n]*|\r?|\}\r?)$)*+(?:\nNode\.js v\d[^\n]*$)?+)?+",
            re.MULTILINE,
        ),
        True,
        "/x.js:3\n    throw e\n    ^\n\nError: no\n    at f (/x.js:3:9) {\n  code: 'E'\n}"
        "\n\nNode.js v20.20.2",
        "a run of Node 20.20",
    ),
    Trace(
        "rails",
        b"",
        b"):",
        re.compile(
            rb"^(?:Information for(?: cause)?+: )?+[\w:]++ \([^\n]*\):\r?$"
            rb"(?:\n(?:[ \t][^\n]*|\r?|[^\s:]++(?: \([^)\n]*\) [^\s:]++)?+:\d++:in [^\n]*)$)*+",
            re.MULTILINE,
        ),
        False,
        "RoutingError (No route):\n  \nactionpack (5.2.1) lib/a.rb:65:in `call'\napp/b.rb:3:in `c'"
        "\n\nInformation for cause: KeyError (none):\n  \napp/b.rb:7:in 'Shop#d'",
        "rails: actionpack/lib/action_dispatch/middleware/debug_exceptions.rb",
    ),
    Trace(
        "ruby",
        b"/",
        b"",
        re.compile(
            rb"^/[^\s:]*+:\d++:in [`'][^\n]*$(?:\n/[^\s:]*+:\d++:in [`'][^\n]*$)*+", re.MULTILINE
        ),
        True,
        "WARN: no\n/usr/lib/ruby/a.rb:3:in `call'\n/srv/b.rb:7:in 'block in run'",
        "sidekiq: lib/sidekiq/cli.rb (SIGNAL_HANDLERS: a backtrace joined with newlines)",
    ),
    Trace(
        "rust",
        b"thread '",
        b"",
        re.compile(
            # Since 1.73 the message has a line of its own.
            rb"^thread '[^\n]*panicked at (?:[^\n]*:\d++:\d++:\r?$(?:\n[^\n]*$)?+|[^\n]*$)"
            rb"(?:\n(?:[ \t][^\n]*|\r?|stack backtrace:\r?|note: [^\n]*)$)*+",
            re.MULTILINE,
        ),
        False,
        "thread 'main' (7) panicked at src/main.rs:3:5:\nno\nstack backtrace:\n   0: f\nnote: run",
        "rust: library/std/src/panicking.rs; a run of 1.95 (it has a number behind the name)",
    ),
    Trace(
        "sanitizer",
        b"==",
        b"",
        re.compile(
            rb"^(?:={18,}+\r?$(?:\n" + _REPORT + rb")?+|" + _REPORT + rb")",
            re.MULTILINE,
        ),
        False,
        f"{'=' * 65}\n==7==ERROR: AddressSanitizer: heap-use-after-free on 0x6\n"
        "READ of size 4 at 0x6\n"
        "    #0 0x4f in f\n\nfreed by thread T0 here:\n    #0 0x4c in free\n\n"
        "SUMMARY: AddressSanitizer: heap-use-after-free\n=>0x0c: fa\n==7==ABORTING",
        "a run of gcc 12's AddressSanitizer; not opened: compiler-rt/lib/tsan/rtl/tsan_report.cpp",
    ),
)
# Lines that begin so continue whatever is before them, as those that are indented do.
CONTINUES = (
    *(b"}", b")", b"Traceback (", b"[signal SIG"),
    # Java (a run of 17); logback when the root cause comes first (CoreConstants.java); Rust's
    # anyhow (src/fmt.rs).
    *(b"Caused by:", b"Wrapped by: ", b"Suppressed: ", b"Stack backtrace:"),
    # .NET: `--- End of stack trace from previous location ---`, `--- End of inner exception …`.
    *(b"--- End of ", b"---> ", b"</"),  # and the end of an element of XML
    # Eclipse, below `!ENTRY … 2026-01-02 03:04:05.678` (logs of users).
    *(b"!MESSAGE ", b"!STACK ", b"!SUBENTRY "),
    # Rails, behind an exception with causes (debug_exceptions.rb).
    *(b"Information for: ", b"Information for cause: "),
    # Between two tracebacks of one exception (cpython's Lib/traceback.py).
    b"During handling of the above exception, another exception occurred:",
    b"The above exception was the direct cause of the following exception:",
)


_FRAME = re.compile(
    rb"at (?:[^\s()]+ (?:\[as [^\s()]+\] )?)?[^\s()]*"
    rb"\((?:[^\s()]+:\d+(?::\d+)?|Native Method|Unknown Source|<anonymous>)\)"
    rb"|at [^\s()]+:\d+:\d+"
)


def goes_on(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """Which lines continue the one before by what they begin with; empty lines do."""
    first = octets.bytes[starts]
    found: Bools = (ends <= starts) | (first == ord(" ")) | (first == ord("\t"))
    for prefix in CONTINUES:
        rows = np.flatnonzero(~found & (first == prefix[0]))
        if rows.size:
            long = ends[rows] - starts[rows] >= len(prefix)
            found[rows] = long & octets.literal(prefix, starts[rows])
    return found | _is_frame(octets, starts, ends)


def _is_frame(octets: Octets, starts: Ints, ends: Ints) -> Bools:
    """`at a.B.c(B.java:7)`, `at f (/x.js:3:9)`: frames that something has put to the left."""
    found = octets.literal(b"at ", starts)
    for row in np.flatnonzero(found).tolist():
        found[row] = _FRAME.fullmatch(octets.raw, starts[row], ends[row]) is not None
    return found
