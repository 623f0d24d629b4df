"""The rules in force: loaded when the first batch comes that they could explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers.servers import NAMES as SERVERS
from rules.match import Matches, RuleSet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from parsers.batch import Batch
    from rules.messages import Finding

# No shipped rule explains access logs: what strangers write into a URL is not a message. But
# HAProxy says in its own how a session ended.
_UNEXPLAINED = frozenset({"nginx_access", *SERVERS}) - {"haproxy"}


class Rulebook:
    """Explains batches by the shipped rules and those of the user's folders."""

    def __init__(self, folders: Sequence[Path] = (), off: Sequence[str] = ()) -> None:
        self._folders = tuple(folders)
        self._off = tuple(off)
        self._rules: RuleSet | None = None
        # What was wrong with rule files; those files are left out.
        self.findings: tuple[Finding, ...] = ()

    def match(self, batch: Batch) -> Matches:
        """Find the rule for each row that has one."""
        if _UNEXPLAINED.issuperset(batch.format_of().names) and not self._folders:
            none = np.zeros(0, np.int64)
            return Matches(batch, (), none, none)
        return self.load().match(batch)

    def load(self) -> RuleSet:
        """The compiled rules; read and compiled once."""
        if self._rules is None:
            from rules.load import load  # with pydantic, which a replay of access logs never needs

            loaded = load(self._folders)
            self.findings = loaded.findings
            self._rules = RuleSet([rule for rule in loaded.rules if not self._is_off(rule.id)])
        return self._rules

    def _is_off(self, rule: str) -> bool:
        return any(rule == off or rule.startswith(f"{off}.") for off in self._off)
