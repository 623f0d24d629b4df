"""Which of several formats a log has: chosen from its first lines, also in frames and mixed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from parsers.batch import Batch, Parser
from parsers.block import Block
from parsers.detect import ENOUGH, Verdict, best_of, detect, ranking, sample, share_of
from parsers.framed import FramedParser, frame_of, heads_in
from parsers.frames import Frame
from parsers.head_log import HeadParser
from parsers.journald import is_export
from parsers.mixed import MixedParser
from parsers.nginx_access import AccessParser
from parsers.plain import PlainParser
from parsers.python_log import PythonParser
from parsers.server_log import ServerParser
from parsers.young import GROWN_LINES, Young

# Longer lines say nothing of a format that others do not: all formats are tried on each.
_TRIED_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Several formats of which each block, or better the head of a file, chooses one."""

    name: str
    candidates: tuple[Parser, ...]
    otherwise: Parser
    # Makes a further candidate from the lines themselves.
    guess: Callable[[bytes], Parser | None] = lambda _head: None
    # Whose lines may stand between those of another; none: a log has one format.
    others: tuple[Parser, ...] = ()
    # Of the journal's export.
    export: Parser | None = None
    # Of the times of a frame, see `formats.Options`.
    zone: tzinfo | None = None
    reference: Callable[[], datetime] | None = None
    fields: tuple[str, ...] = ()

    def choose(self, head: bytes) -> Verdict:
        """The format of a log that begins with `head`."""
        return detect(head, self._tried(head), self.otherwise)

    def ranking(self, head: bytes) -> list[Verdict]:
        """The format of a log that begins with `head`, and behind it those that lost."""
        return ranking(head, self._tried(head), self.otherwise)

    def _tried(self, head: bytes, *, guess: bool = True) -> Sequence[Parser]:
        guessed = self.guess(head) if guess else None
        # Last, because a known format has better names for what the guess calls `extra_1`.
        lines = [line.removesuffix(b"\r") for line in sample(head).split(b"\n")]
        lines = [line for line in lines if len(line) <= _TRIED_BYTES]
        known = [each for each in self.candidates if _may_be_among(each, lines)]
        return [*known, guessed] if guessed else known

    def chosen(self, head: bytes) -> Parser:
        """The parser for a log that begins with `head`: also of framed and of mixed lines."""
        if not self.others:
            return self.choose(head).parser
        if self.export and is_export(head):
            return self.export  # no line of its binary values is one of another format
        frame = frame_of(head)
        return (
            framed(frame, self, head, zone=self.zone, reference=self.reference)
            if frame
            else self._mixed(head)
        )

    def _mixed(self, head: bytes) -> Parser:
        mixed = self._chosen_mixed(head)
        lines = head.count(b"\n")
        if isinstance(mixed, MixedParser) and 0 < lines < GROWN_LINES:
            mixed.young = Young(self._known, lines)
        return mixed

    def _known(self, recent: bytes) -> Parser | None:
        best = best_of(recent, self._tried(recent, guess=False))
        return best.parser if best and best.share >= ENOUGH else None

    def _chosen_mixed(self, head: bytes) -> Parser:
        best = best_of(head, self._tried(head))
        if best is None:
            return self._beside(self._without(head))
        if best.share < ENOUGH:
            # No format has most of the lines; several together may.
            best = Verdict(best.parser, share_of(self._beside(best.parser), sample(head)))
        if best.share < ENOUGH:
            return self._beside(self._without(head))
        mixed = self._beside(best.parser)
        mixed.parse(Block(sample(head)))  # a format that joins lines seems to fit them all
        return self._beside(mixed.main)

    def _without(self, head: bytes) -> Parser:
        """The parser for a log in none of the formats."""
        plain = self.otherwise
        return plain.chosen(sample(head)) if isinstance(plain, PlainParser) else plain

    def _beside(self, main: Parser) -> MixedParser:
        others = [each for each in self.others if each is not main and _may_stand(each, main)]
        prose = self.otherwise if isinstance(self.otherwise, PlainParser) else None
        return MixedParser(main, tuple(others), self.guess, prose)

    def complete(self, raw: bytes) -> int:
        """As the format that `raw` seems to have."""
        return self.chosen(raw).complete(raw)

    def parse(self, block: Block) -> Batch:
        """As the format that the block seems to have."""
        return self.chosen(block.raw).parse(block)


def _may_stand(parser: Parser, main: Parser) -> bool:
    """Whether lines of a format may stand between those of another."""
    if not isinstance(parser, ServerParser):
        return True
    return parser.name == main.name or bool(parser.server.marks)


def _may_be_among(parser: Parser, lines: Sequence[bytes]) -> bool:
    """A cheap test, because there are many formats and a line by itself tries them all."""
    if not isinstance(parser, AccessParser | ServerParser | HeadParser | PythonParser):
        return True
    return any(map(parser.layout.pattern.fullmatch, lines))


def framed(
    frame: Frame,
    within: Parser,
    head: bytes,
    *,
    zone: tzinfo | None,
    reference: Callable[[], datetime] | None,
) -> FramedParser:
    """The parser for lines in a frame, with one for what each stream of `head` wrote."""
    inner: dict[str, Parser] = {}
    if isinstance(within, AnyOf):
        if frame.shared and isinstance(within.otherwise, PlainParser):
            within = replace(within, otherwise=replace(within.otherwise, apart=True))
        # A frame that takes nothing off would be found again for ever.
        inner = {
            name: within.chosen(raw) if raw != head else within.otherwise
            for name, raw in heads_in(frame, head).items()
        }
    return FramedParser(frame, inner, within, zone, reference)
