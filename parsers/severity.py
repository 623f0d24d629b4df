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

# One line a name. Sources: nginx ngx_log.c (err_levels), Python logging (getLevelName), syslog
# RFC 5424 table 2, log4j2 StandardLevel, Go zap, PostgreSQL elog.h, klog and glog letters; the
# three-letter ones from ceph (`[DBG]`), zerolog's console and Serilog's `u3`.
_WORDS = {
    Severity.DEBUG: (
        "trace debug debug1 debug2 debug3 debug4 debug5 verbose fine finer finest dbg vrb d t v"
    ),
    Severity.INFO: "info information informational log statement hint detail config inf i",
    Severity.NOTICE: "notice success n",
    Severity.WARNING: "warning warn wrn w",
    Severity.ERROR: "error err eror severe e failure",
    Severity.CRITICAL: "critical crit alert emerg emergency fatal panic dpanic ftl f c a",
}
_BY_WORD = {word: severity for severity, words in _WORDS.items() for word in words.split()}


def severity_of(word: str) -> Severity | None:
    """Read a level as a log writes it (`ERROR`, `crit`, `W`), or None if it is no known level."""
    return _BY_WORD.get(word.strip().lower())


def level_words(*, min_length: int = 1) -> dict[str, Severity]:
    """Every known level word of at least `min_length` letters, in lower case."""
    return {word: severity for word, severity in _BY_WORD.items() if len(word) >= min_length}
