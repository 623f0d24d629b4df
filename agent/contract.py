"""The event as JSON, the public contract: `logtell schema event` prints it."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

SeverityName = Literal["debug", "info", "notice", "warning", "error", "critical"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Explanation(_Strict):
    """What a rule says about an event."""

    rule: str = Field(description="id of the rule; permanent")
    title: str
    text: str = Field(description="one plain sentence with the captured values in it")
    cause: str | None = Field(description="the likely reason")
    check: list[str] = Field(description="what to look at")
    remedy: list[str] = Field(description="what to do")


class Origin(_Strict):
    """Where an event stands on disk."""

    path: str
    offset: int = Field(ge=0, description="bytes from the start of the file, decompressed")
    lines: int = Field(ge=1, description="physical lines that the record takes")


class Event(_Strict):
    """One record of a log; one JSON object a line."""

    time: AwareDatetime | None = Field(
        description="ISO 8601 with offset; null if the record has none"
    )
    severity: SeverityName = Field(description="ordered as listed, worse is later")
    level: str | None = Field(
        description="the word that the log itself used; null if it states none: then severity is"
        " that of the format (a status, say), or inferred from the message"
    )
    source: str = Field(description="name of the source; in a replay that of the format")
    format: str
    parsed: bool = Field(description="false: did not fit its format; message is the whole record")
    message: str
    fields: dict[str, JsonValue] = Field(description="fields of the format; numbers as numbers")
    explanation: Explanation | None = Field(description="null if no rule explains the event")
    origin: Origin
