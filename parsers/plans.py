"""How to read records with certain keys, worked out once: those of a log are few shapes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache

from parsers.conventions import (
    CONVENTIONS,
    OTHER,
    PATHS,
    REQUESTS,
    SCALES,
    STATUSES,
    WORDS_ONLY,
    Convention,
    Keys,
    Names,
)
from parsers.scales import MANY, Scale
from parsers.severity import Severity

# The fields that are named alike for all conventions.
ALIKE = ("logger", "exception_type", "exception_message", "exception_stack")
# A record with more keys is no shape that comes again.
_MOST_KEYS = 100
_MOST_SHAPES = 512
_ROLES = tuple(each.name for each in fields(Keys))


@dataclass(frozen=True, slots=True)
class Plan:
    """Which keys records of one shape may have for each role; most have one."""

    convention: Convention
    keys: Keys
    # The roles of `ALIKE` that have any.
    alike: tuple[tuple[str, Names], ...]
    paths: Names
    statuses: Names
    # A request of no known product: its status says how bad it was, if no level does.
    request: bool
    # The key whose value alone is the level, if it is a text or a whole number; else empty.
    level: str
    # What values of that key mean, filled as they come.
    known: dict[str | int, tuple[Severity, str]] = field(default_factory=dict, compare=False)

    def scale_of(self, key: str) -> Scale:
        """What a number under a key means as a level."""
        return self.convention.scale or SCALES.get(key, MANY)


def plans_for(records: Sequence[Mapping[str, object]]) -> list[Plan]:
    """How to read each record, by its keys."""
    if max(map(len, records), default=0) <= _MOST_KEYS:
        return list(map(plan_of, map(tuple, records)))
    return [
        plan_of(tuple(each)) if len(each) <= _MOST_KEYS else _plan(_KNOWN.intersection(each))
        for each in records
    ]


def sole(plans: Sequence[Plan]) -> Plan | None:
    """The plan by which all records are read; None if there are several."""
    return plans[0] if len(set(map(id, plans))) == 1 else None


@lru_cache(maxsize=_MOST_SHAPES)
def plan_of(shape: Names) -> Plan:
    """How to read records with these keys."""
    return _plan(_KNOWN.intersection(shape))


@lru_cache(maxsize=_MOST_SHAPES)
def _plan(present: frozenset[str]) -> Plan:
    chosen = next((each for each in CONVENTIONS if _fits(each, present)), OTHER)
    found = {role: _found(getattr(chosen.keys, role), present) for role in _ROLES}
    keys = Keys(**found)
    first = keys.level[0] if keys.level else ""
    return Plan(
        convention=chosen,
        keys=keys,
        alike=tuple((role, found[role]) for role in ALIKE if found[role]),
        paths=_found(PATHS, present),
        statuses=_found(STATUSES, present),
        request=chosen is OTHER and not present.isdisjoint(REQUESTS),
        level=first if first in present and first not in WORDS_ONLY else "",
    )


def _fits(each: Convention, present: frozenset[str]) -> bool:
    return present.issuperset(each.marks) and present.isdisjoint(each.without)


def _found(names: Names, present: frozenset[str]) -> Names:
    return tuple(name for name in names if not present.isdisjoint(_REACHED[name]))


def _reached(name: str) -> Names:
    """The keys under which a name may be: itself, and the objects that its dots reach into."""
    parts = name.split(".")
    return tuple(".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _all_names() -> Iterable[str]:
    for each in (OTHER, *CONVENTIONS):
        for role in _ROLES:
            yield from getattr(each.keys, role)
        yield from (*each.marks, *each.without)
    yield from (*PATHS, *STATUSES, *REQUESTS)


_REACHED = {name: _reached(name) for name in _all_names()}
# What a plan depends on: all other keys are the record's own.
_KNOWN = frozenset(key for reached in _REACHED.values() for key in reached)
