"""What a running agent says of itself as JSON, a public contract: `logtell schema status`."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt

VERSION = 1


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentStatus(_Strict):
    """The process."""

    version: str
    pid: int
    started: AwareDatetime
    uptime_s: NonNegativeFloat
    state: Literal["following", "stopping"]
    lines_per_s: NonNegativeFloat = Field(description="over the last flush interval")


class LineTotals(_Strict):
    """Physical lines since the start: read = parsed + unparsed + truncated + dropped."""

    read: NonNegativeInt
    parsed: NonNegativeInt
    unparsed: NonNegativeInt
    truncated: NonNegativeInt
    dropped: dict[str, int] = Field(description="by reason")
    unbalanced: int = Field(description="read, and in none of the others; 0 unless we have a bug")


class ByteTotals(_Strict):
    """Bytes since the start: seen = read + skipped + lost + set_aside + unread."""

    seen: NonNegativeInt
    read: NonNegativeInt = Field(description="handed to the parser")
    skipped: dict[str, int] = Field(description="left out, by reason")
    lost: dict[str, int] = Field(description="known to be lost, by reason")
    set_aside: NonNegativeInt = Field(description="of files closed for now; seen again later")
    unread: NonNegativeInt = Field(description="in open files, as of the last look at each")
    unbalanced: int = Field(description="seen, and in none of the others; 0 unless we have a bug")


class LagStatus(_Strict):
    """What waits in the files at this moment."""

    bytes: NonNegativeInt
    seconds: NonNegativeFloat = Field(description="at most how old the oldest of it is")


class SourceStatus(_Strict):
    """One source."""

    name: str
    formats: dict[str, int] = Field(description="open files by format, as far as they have lines")
    files: dict[str, int] = Field(description="names and open files by state")
    lines: LineTotals
    bytes: ByteTotals
    lag: LagStatus


class FileStatus(_Strict):
    """One open file, or a name whose file cannot be opened."""

    source: str
    path: str = Field(description="the name it is followed under")
    state: Literal["live", "rotated", "deleted", "trouble"]
    device: int | None
    inode: int | None
    format: str | None = Field(description="null until it has a line")
    offset: NonNegativeInt | None = Field(description="everything before it was handed out")
    size: NonNegativeInt | None = Field(description="as of the last look")
    waiting: LagStatus
    last_grew_s: NonNegativeFloat | None = Field(description="seconds ago; null: not since we look")
    lines: LineTotals | None
    bytes: ByteTotals | None
    trouble: str = Field(description="why it cannot be read, and what would help; empty if it can")


class StatsdStatus(_Strict):
    """The StatsD server that metrics go to."""

    server: str
    sent: NonNegativeInt = Field(description="metric lines that left this machine")
    buffered: NonNegativeInt = Field(description="metric lines that wait")
    dropped: dict[str, int] = Field(description="metric lines lost, by reason")
    trouble: str = Field(description="why metrics do not go out; empty if they do")


class OutputStatus(_Strict):
    """A place that events go to."""

    name: str
    held_bytes: NonNegativeInt = Field(description="events that it has not taken yet")
    waits: bool = Field(description="reading waits for it")
    failing_since: AwareDatetime | None
    stalled_since: AwareDatetime | None = Field(description="takes nothing, and does not fail")
    complaint: str = Field(description="why it fails, and what would help; empty if it does not")


class CheckpointStatus(_Strict):
    """The checkpoint on disk."""

    path: str
    saved: AwareDatetime | None = Field(description="when it last changed; null: not in this run")
    trouble: str


class Status(_Strict):
    """The answer to `logtell status --json`."""

    schema_version: Literal[1]
    well: bool
    troubles: list[str] = Field(description="what is wrong and what to do, for people")
    agent: AgentStatus
    sources: list[SourceStatus]
    files: list[FileStatus] = Field(
        description="those in trouble, then those that lag, then the busiest; --files: all"
    )
    files_left_out: NonNegativeInt
    statsd: StatsdStatus | None = Field(description="null if it is not enabled")
    outputs: list[OutputStatus]
    checkpoint: CheckpointStatus
