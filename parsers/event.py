"""One record of a log as a value: what a person or a machine wants to know of it."""

from dataclasses import dataclass, field

from parsers.columns import Value
from parsers.severity import Severity


@dataclass(frozen=True, slots=True)
class Event:
    """One parsed record; `agent.sinks` adds the source and writes it as JSON."""

    # ISO 8601 with an offset; None if the record states no time.
    time: str | None
    severity: Severity
    # The word that the log itself used for the severity, or None.
    level: str | None
    format: str
    # False: the record did not fit its format, and message is the whole of it.
    parsed: bool
    message: str
    path: str
    # Bytes from the start of the file.
    offset: int
    # Physical lines that the record takes.
    lines: int = 1
    fields: dict[str, Value] = field(default_factory=dict)
