"""
Traces of programs: which lines that are not indented belong to the record before, by language.

Every part of a pattern may be missing and takes nothing back, so that the first lines of a trace
mean the same before the others are there (`Parser.complete`).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trace:
    """How the lines of one language's trace follow each other."""

    name: str
    # Without these bytes in a block the pattern is not tried.
    mark: bytes
    pattern: re.Pattern[bytes]
    # The first line too belongs to the record before.
    joins: bool
    # A record of our own, in the form that the language writes.
    sample: str
    # What writes the form.
    source: str


TRACES = (
    Trace(
        "python",
        b"Traceback (",
        re.compile(
            rb"^Traceback \(most recent call last\):\r?"
            rb"(?:\n(?:[ \t][^\n]*|\r?)$)*+(?:\n[\w.]++(?::[^\n]*|\r?)$)?+"
            # What `--- Logging error ---` adds behind it (logging.Handler.handleError).
            rb"(?:\nCall stack:\r?(?:\n[ \t][^\n]*$)*+"
            rb"(?:\nMessage: [^\n]*$)?+(?:\nArguments: [^\n]*$)?+)?+",
            re.MULTILINE,
        ),
        True,
        'failed\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 1',
        "cpython: Lib/traceback.py, Lib/logging/__init__.py",
    ),
    Trace(
        "go",
        b"goroutine ",
        re.compile(
            rb"^goroutine \d++ \[[^\n]*\]:\r?$"
            rb"(?:\n(?:[ \t][^\n]*|\r?|[\w./%@~\[\]-]++\([^\n]*\)\r?|created by [^\n]*"
            rb"|goroutine \d++ \[[^\n]*\]:\r?)$)*+",
            re.MULTILINE,
        ),
        True,
        "panic: no\n\ngoroutine 5 [running]:\nmain.f(0x1)\n\tx.go:3\ncreated by main.g\n\tx.go:9",
        "go: src/runtime/traceback.go",
    ),
    Trace(
        "php",
        b"Stack trace:",
        re.compile(
            rb"^Stack trace:\r?$"
            rb"(?:\n(?:[ \t][^\n]*|\r?|#\d++ [^\n]*|Next [^\n]*|Stack trace:\r?)$)*+",
            re.MULTILINE,
        ),
        True,
        "PHP Fatal error:  none in /x.php:3\nStack trace:\n#0 /x.php(7): f()\n#1 {main}\n  thrown",
        "php: Zend/zend_exceptions.c",
    ),
    Trace(
        "dart",
        b"Unhandled exception:",
        re.compile(
            rb"^Unhandled exception:\r?$(?:\n(?:"
            # With the text that is not well formed, a line of its own.
            rb"FormatException: [^\n]*character \d++\)\r?$(?:\n[^\n]*$)?+|[^\n]*$))?+"
            rb"(?:\n(?:[ \t][^\n]*|\r?|#\d++ [^\n]*|<asynchronous suspension>\r?)$)*+",
            re.MULTILINE,
        ),
        False,
        "Unhandled exception:\nFormatException: (character 2)\nno\n ^\n\n#0      main (x)",
        "fluent-plugin-detect-exceptions: its Dart cases",
    ),
)
# Lines that continue whatever is before them.
CONTINUES = (
    *(b" ", b"\t", b"}", b")", b"Traceback (", b"Caused by: ", b"[signal SIG"),
    # Between two tracebacks of one exception (traceback.py).
    b"During handling of the above exception, another exception occurred:",
    b"The above exception was the direct cause of the following exception:",
)
