"""What all names that are followed share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from agent.descriptors import Descriptors
from agent.ledger import Ledgers
from agent.listing import Listings
from agent.records import Limits
from agent.register import Register
from agent.wake import Wake
from agent.watched import Pace

if TYPE_CHECKING:
    from agent.lane import Lane


@dataclass(frozen=True, slots=True)
class Common:
    """What all lanes share."""

    register: Register
    limits: Limits
    pace: Pace
    ledgers: Ledgers
    wall_clock: Callable[[], float]
    # When the following began: what changed since and was not there then nobody has read.
    began_ns: int
    start_at_end: bool
    listings: Listings
    descriptors: Descriptors
    wake: Wake
    spool: Path | None = None  # where the rest of a compressed file is unpacked; None: the system's
    # Devices whose files grow and tell nobody: network file systems.
    silent: set[int] = field(default_factory=set)
    lanes: "dict[str, Lane]" = field(default_factory=dict)
