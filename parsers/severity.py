"""Six severities that every format's own level words map to, so that sinks can compare them."""

from enum import IntEnum


class Severity(IntEnum):
    """How bad an event is; worse is larger, so `event.severity >= Severity.WARNING` selects."""

    DEBUG = 0
    INFO = 1
    NOTICE = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5

    @property
    def label(self) -> str:
        """The name in lower case, as configuration, events and metrics write it."""
        return self.name.lower()


LABELS = tuple(severity.label for severity in Severity)

# The one table of level words: a line is a source's words for one severity.
_WORDS: tuple[tuple[Severity, str], ...] = (
    # syslog: RFC 5424 table 2 and syslog.h's short names; nginx's ngx_log.c (err_levels), Apache.
    (Severity.CRITICAL, "emergency emerg alert critical crit"),
    (Severity.ERROR, "error err"),
    (Severity.WARNING, "warning warn"),
    (Severity.NOTICE, "notice"),
    (Severity.INFO, "informational info"),
    (Severity.DEBUG, "debug"),
    # Python's logging (getLevelName), loguru's SUCCESS (25, between info and warning).
    (Severity.CRITICAL, "fatal"),
    (Severity.NOTICE, "success"),
    # log4j2's StandardLevel; java.util.logging.Level; WebSphere's audit and detail.
    (Severity.DEBUG, "trace fine finer finest"),
    (Severity.ERROR, "severe"),
    (Severity.INFO, "config audit"),
    # Microsoft.Extensions.Logging: LogLevel's names and the console formatter's four letters.
    (Severity.DEBUG, "trce dbug verbose"),
    (Severity.INFO, "information"),
    (Severity.ERROR, "fail failure"),
    # Serilog's `u3`, zerolog's console, ceph.
    (Severity.DEBUG, "vrb dbg trc"),
    (Severity.INFO, "inf"),
    (Severity.WARNING, "wrn"),
    (Severity.CRITICAL, "ftl crt"),
    # zap (zapcore/level.go), Rust and Go panics.
    (Severity.CRITICAL, "panic dpanic"),
    # PostgreSQL's elog.h and what it writes below a message (LOG is above WARNING there in what is
    # logged, but says nothing of trouble: "LOG: checkpoint complete").
    (Severity.DEBUG, "debug1 debug2 debug3 debug4 debug5"),
    (Severity.INFO, "log statement hint detail context query"),
    # MySQL: sql/log.cc (`[Note]` is its INFORMATION_LEVEL, `[System]` what it always says).
    (Severity.INFO, "note system"),
    # PHP's php_log_err ("PHP Deprecated:"), Elasticsearch's deprecation log.
    (Severity.WARNING, "deprecated deprecation"),
    # Apache Traffic Server's diagnostics (DiagsTypes.h).
    (Severity.DEBUG, "diag"),
    # X.org's marks in parentheses (os/log.c).
    (Severity.ERROR, "ee"),
    (Severity.WARNING, "ww"),
    (Severity.INFO, "ii"),
    # Letters: glog and klog I W E F, MongoDB D I W E F, logcat V D I W E F, gluster T D N C,
    # WebSphere A (audit: more than detail, and no trouble).
    (Severity.INFO, "a"),
    (Severity.CRITICAL, "f c"),
    (Severity.ERROR, "e"),
    (Severity.WARNING, "w"),
    (Severity.NOTICE, "n"),
    (Severity.INFO, "i"),
    (Severity.DEBUG, "d v t"),
    # logrus cuts words to four letters (text_formatter.go, without DisableLevelTruncation).
    (Severity.DEBUG, "trac debu"),
    (Severity.ERROR, "erro"),
    (Severity.CRITICAL, "fata pani"),
    # Open vSwitch (vlog.h).
    (Severity.CRITICAL, "emer"),
    # What people write for it.
    (Severity.ERROR, "eror"),
)
_BY_WORD = {word: severity for severity, words in _WORDS for word in words.split()}
WORDS = tuple(_BY_WORD)
# Redis marks its lines (server.c, serverLogRaw: `const char *c = ".-*#"`); no words, because
# elsewhere such a character only separates.
MARKS = {
    ".": Severity.DEBUG,
    "-": Severity.DEBUG,
    "*": Severity.NOTICE,
    "#": Severity.WARNING,
}
# Words that are more often not a level: they are one only where nothing but a level stands.
_RARE = (
    "log statement hint detail context query config audit note system success fail failure diag"
    " deprecated deprecation alert fine finer finest ee ww ii"
)
RARE = frozenset(_RARE.split())
# The severities of syslog by number (RFC 5424 table 2): a priority is facility * 8 + severity.
SYSLOG = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


def severity_of(word: str) -> Severity | None:
    """Read a level as a log writes it (`ERROR`, `crit`, `W`), or None if it is no known level."""
    return _BY_WORD.get(word.strip().lower())


def level_words(*, min_length: int = 1) -> dict[str, Severity]:
    """Every known level word of at least `min_length` letters, in lower case."""
    return {word: severity for word, severity in _BY_WORD.items() if len(word) >= min_length}
