"""What stands between two slots: where it could be taken for more than one, and its rarest byte."""

from collections.abc import Sequence

from parsers.layout import Literal, Token, width

_DIGIT, _ANY = 0, 1  # in a mask; neither byte stands in the text of a log format
# From the rarest in addresses and browsers' names to what every one of them has.
_RARE = b"\t|~^`#&$@!{}<>'*?=[]:;,+_-()/. "


def overlaps(between: Sequence[Token]) -> list[int]:
    """By how many bytes two occurrences of a separator may be apart and still share bytes."""
    octets = _masks(between)
    return [
        shift
        for shift in range(1, len(octets))
        if all(map(_alike, octets[shift:], octets[:-shift]))
    ]


def anchor(between: Sequence[Token]) -> tuple[int, int]:
    """The rarest byte of a separator, and where in it that stands."""
    octets: list[tuple[int, int, int]] = []
    offset = 0
    for token in between:
        if isinstance(token, Literal):
            octets += [
                (_RARE.find(octet) % (len(_RARE) + 1), offset + number, octet)
                for number, octet in enumerate(token.text)
            ]
        offset += width(token)
    _, offset, octet = min(octets)
    return octet, offset


def _masks(between: Sequence[Token]) -> bytes:
    return b"".join(map(_mask, between))


def _mask(token: Token) -> bytes:
    if isinstance(token, Literal):
        return token.text
    return token.shape.replace(b"d", bytes([_DIGIT])).replace(b"_", bytes([_ANY]))


def _alike(one: int, other: int) -> bool:
    if _ANY in (one, other) or one == other:
        return True
    return _DIGIT in (one, other) and chr(max(one, other)).isdigit()
