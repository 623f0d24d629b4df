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

# The one table of level words: a line is a source's words for one severity. Sources are files of
# the product's own repository, as opened.
_WORDS: tuple[tuple[Severity, str], ...] = (
    # syslog: RFC 5424 table 2 and syslog.h's short names; nginx's src/core/ngx_log.c (err_levels),
    # Apache httpd's server/log.c (priorities).
    (Severity.CRITICAL, "emergency emerg alert critical crit"),
    (Severity.ERROR, "error err"),
    (Severity.WARNING, "warning warn"),
    (Severity.NOTICE, "notice"),
    (Severity.INFO, "informational info"),
    (Severity.DEBUG, "debug trace1 trace2 trace3 trace4 trace5 trace6 trace7 trace8"),
    # Python's Lib/logging/__init__.py; loguru's _defaults.py: SUCCESS is 25, between info and
    # warning.
    (Severity.CRITICAL, "fatal"),
    (Severity.NOTICE, "success"),
    # log4j2's StandardLevel.java; java.util.logging.Level; WebSphere's audit and detail (IBM's page
    # of its formats was not opened: others tell of it).
    (Severity.DEBUG, "trace fine finer finest"),
    (Severity.ERROR, "severe"),
    (Severity.INFO, "config audit"),
    # log4js's lib/levels.js: a mark is above all others, only so that it is always written.
    (Severity.INFO, "mark"),
    # Microsoft.Extensions.Logging: LogLevel.cs, and the four letters of its simple console.
    (Severity.DEBUG, "trce dbug verbose"),
    (Severity.INFO, "information"),
    (Severity.ERROR, "fail failure"),
    # Serilog's LevelOutputFormat.cs (`u3`, `u4`), zerolog's globals.go (FormattedLevels), ceph's
    # src/common/LogEntry.h (its `[SEC]` is left out: seconds).
    (Severity.DEBUG, "vrb dbg trc"),
    (Severity.INFO, "inf"),
    (Severity.WARNING, "wrn"),
    (Severity.ERROR, "eror"),
    (Severity.CRITICAL, "ftl fatl pnc"),
    # RabbitMQ's rabbit_logger_fmt_helpers.erl (`log.file.formatter.level_format`); `alt` and `emg`
    # are left out.
    (Severity.NOTICE, "ntc noti"),
    (Severity.CRITICAL, "crt alrt emgc"),
    # zap (zapcore/level.go), Rust and Go panics.
    (Severity.CRITICAL, "panic dpanic"),
    # PostgreSQL's elog.h and what it writes below a message (LOG is above WARNING there in what is
    # logged, but says nothing of trouble: "LOG: checkpoint complete").
    (Severity.DEBUG, "debug1 debug2 debug3 debug4 debug5"),
    (Severity.INFO, "log statement hint detail context query"),
    # MySQL: sql/log.cc (`[Note]` is its INFORMATION_LEVEL, `[System]` what it always says).
    (Severity.INFO, "note system"),
    # PHP's php_error_cb ("PHP Deprecated:"), Elasticsearch's deprecation log.
    (Severity.WARNING, "deprecated deprecation"),
    # Apache Traffic Server's src/tsutil/DbgCtl.cc; its `STATUS` is left out.
    (Severity.DEBUG, "diag"),
    # X.org's marks in parentheses (X_ERROR_STRING and the like).
    (Severity.ERROR, "ee"),
    (Severity.WARNING, "ww"),
    (Severity.INFO, "ii"),
    # Letters: glog and klog I W E F, MongoDB D I W E F, logcat V D I W E F, gluster T D N C
    # (libglusterfs/src/logging.c; its A and M, alert and emergency, are left out), WebSphere A
    # (audit: more than detail, and no trouble).
    (Severity.INFO, "a"),
    (Severity.CRITICAL, "f c"),
    (Severity.ERROR, "e"),
    (Severity.WARNING, "w"),
    (Severity.NOTICE, "n"),
    (Severity.INFO, "i"),
    (Severity.DEBUG, "d v t"),
    # logrus cuts words to four letters (level.go, without DisableLevelTruncation).
    (Severity.DEBUG, "trac debu"),
    (Severity.ERROR, "erro"),
    (Severity.CRITICAL, "fata pani"),
    # winston's `npm` levels (triple-beam's config/npm.js, not opened); its `http` is left out.
    (Severity.DEBUG, "silly"),
    # ESPHome (esphome/core/log.cpp: LOG_LEVEL_LETTERS, not opened), in brackets.
    (Severity.DEBUG, "vv"),
    # Open vSwitch (include/openvswitch/vlog.h).
    (Severity.CRITICAL, "emer"),
)
_BY_WORD = {word: severity for severity, words in _WORDS for word in words.split()}
WORDS = tuple(_BY_WORD)
# Redis marks its lines (src/server.c, serverLogRaw: `const char *c = ".-*#"`); no words, because
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
    " deprecated deprecation alert fine finer finest ee ww ii vv mark silly"
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
