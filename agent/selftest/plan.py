"""What will happen and when: follows from the seed alone, so that a run can be repeated."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from agent.selftest.logs import LOGS, kinds_of

_FIRST_S = 0.5
_QUIET_END_S = 1.0  # before the end, in which what was begun is finished
_BURSTING = ("busy", "access", "json")


class Do(StrEnum):
    """What an action does."""

    ROTATE = "rotate"
    BURST = "burst"
    RESTART = "restart"  # SIGTERM, wait, start
    RELOAD = "reload"  # SIGHUP
    DOWN = "down"  # stop or kill, rotate logs, start
    KILL = "kill"  # SIGKILL, start
    AWAY = "away"  # StatsD closes its port, and comes back


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do."""

    at_s: float  # seconds after the start
    do: Do
    log: str = ""
    kind: str = ""  # of a rotation
    lasts_s: float = 0  # how late the writer follows, or how long somebody is away
    lines: int = 0  # of a burst
    hard: bool = False  # DOWN: by SIGKILL
    rotations: tuple[tuple[str, str], ...] = ()  # DOWN: log and kind

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.do, self.kind, self.log) if part)


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for."""

    seconds: float
    seed: int
    kinds: tuple[str, ...]
    kill: bool


def make_plan(order: Order) -> tuple[Action, ...]:
    """List all actions by time; each kind comes once before any comes twice."""
    end_s = order.seconds - _QUIET_END_S
    streams = [_rotations(order), _agent(order), _bursts(order)]
    if not order.kill:
        # What is held for a StatsD that is away is lost by a SIGKILL, as the README says.
        streams.append(_absences(order))
    until = [_until(stream, end_s) for stream in streams]
    return tuple(sorted(chain.from_iterable(until), key=lambda action: action.at_s))


def _until(stream: Iterator[Action], end_s: float) -> Iterator[Action]:
    for action in stream:
        if action.at_s + action.lasts_s >= end_s:
            return
        yield action


def _times(chance: random.Random, least_s: float, most_s: float) -> Iterator[float]:
    at_s = _FIRST_S
    while True:
        at_s += chance.uniform(least_s, most_s)
        yield at_s


def _decks(chance: random.Random, cards: Sequence[str]) -> Iterator[str]:
    """Deal the cards shuffled, and again; nothing if there are none."""
    while cards:
        yield from chance.sample(cards, len(cards))


def _rotations(order: Order) -> Iterator[Action]:
    chance = random.Random(f"{order.seed} rotations")
    kinds = _decks(chance, [kind for kind in order.kinds if kind != "down"])
    for at_s, kind in zip(_times(chance, 0.3, 1.1), kinds, strict=False):
        log = _log_for(chance, kind)
        yield Action(at_s, Do.ROTATE, log, kind, chance.uniform(0.1, 1.5))
        if chance.random() < 0.15:  # twice between two looks
            yield Action(at_s + 0.05, Do.ROTATE, log, kind, chance.uniform(0, 0.2))


def _log_for(chance: random.Random, kind: str) -> str:
    return chance.choice([name for name, spec in LOGS.items() if kind in kinds_of(spec)])


def _agent(order: Order) -> Iterator[Action]:
    chance = random.Random(f"{order.seed} agent")
    down = ("down",) * ("down" in order.kinds)
    soft = ("restart", "reload", *down)
    decks = _decks(chance, soft)
    if order.kill:  # first of all a SIGKILL, so that a short run has one
        decks = chain(["kill"], _decks(chance, (*soft, "kill", "kill", *down)))
    for at_s, card in zip(_times(chance, 1.5, 4.5), decks, strict=False):
        lasts_s = chance.uniform(0, 1.2) * (card != "reload")
        if card == "down":
            hard = order.kill and chance.random() < 0.7
            rotations = _while_down(chance, order.kinds)
            yield Action(at_s, Do.DOWN, lasts_s=lasts_s, hard=hard, rotations=rotations)
            continue
        yield Action(at_s, Do(card), lasts_s=lasts_s)
        if card == "kill" and chance.random() < 0.4:  # again, before it has found its feet
            yield Action(at_s + lasts_s + chance.uniform(0.3, 1.2), Do.KILL)


def _while_down(chance: random.Random, kinds: Sequence[str]) -> tuple[tuple[str, str], ...]:
    # A file deleted while nobody is there to hold it open is gone for everybody.
    possible = [kind for kind in kinds if kind not in ("down", "delete")]
    if not possible:
        return ()
    chosen = chance.choices(possible, k=chance.randint(1, 4))
    pairs = [(_log_for(chance, kind), kind) for kind in chosen]
    return tuple(pairs + pairs[:1])  # the first log is rotated twice


def _bursts(order: Order) -> Iterator[Action]:
    chance = random.Random(f"{order.seed} bursts")
    for at_s in _times(chance, 1, 4):
        log = chance.choice(_BURSTING)
        yield Action(at_s, Do.BURST, log, lines=chance.randrange(500, 4000))


def _absences(order: Order) -> Iterator[Action]:
    chance = random.Random(f"{order.seed} absences")
    for at_s in _times(chance, 4, 8):
        yield Action(at_s, Do.AWAY, lasts_s=chance.uniform(1.2, 3.5))
