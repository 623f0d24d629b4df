"""Why a format was chosen, in a sentence."""

from collections.abc import Sequence

from parsers.any_of import AnyOf
from parsers.detect import ENOUGH, Verdict
from parsers.framed import frame_of, heads_in

_RIVALS = 3


def reason(parser: object, text: bytes) -> str | None:
    """Which format a pasted text has and which others lost, or None if it was named."""
    if not isinstance(parser, AnyOf):
        return None
    frames, text = _unframed(text)
    chosen, *others = parser.ranking(text)
    # Of a format's variants the best one speaks for it.
    best = {each.parser.name: each for each in reversed(others)}
    rivals = [each for name, each in reversed(best.items()) if name != chosen.parser.name]
    name = ":".join([*frames, chosen.parser.name])
    said = f"format {name}: {_why(chosen, rivals)}"
    if not rivals:
        return f"{said}; no line fits any other"
    lost = ", ".join(f"{each.parser.name} ({each.share:.0%})" for each in rivals[:_RIVALS])
    more = f" and {len(rivals) - _RIVALS} more" if len(rivals) > _RIVALS else ""
    return f"{said}; it won over {lost}{more}"


def _unframed(text: bytes) -> tuple[list[str], bytes]:
    """The frames around the lines, the outer one first, and what is in them."""
    frames: list[str] = []
    while frame := frame_of(text):
        within = max(heads_in(frame, text).values(), key=len, default=b"")
        if not 0 < len(within) < len(text):
            break
        frames.append(frame.name)
        text = within
    return frames, text


def _why(chosen: Verdict, rivals: Sequence[Verdict]) -> str:
    if chosen.parser.name == "plain":
        return f"fewer than {ENOUGH:.0%} of the records fit any other"
    if rivals and rivals[0].share == chosen.share:
        return f"{chosen.share:.0%} of the records fit, and it tells more of them"
    return f"{chosen.share:.0%} of the records fit"
