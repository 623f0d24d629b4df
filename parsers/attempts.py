"""The values that nginx lists for each upstream server it asked."""

import re
from dataclasses import dataclass

import numpy as np

from parsers.columns import Labels, Numbers, Texts, Value, text
from parsers.words import Ints


@dataclass(frozen=True, slots=True)
class Attempts:
    """
    Values that nginx lists for each upstream server it asked: `0.1, 0.2 : -`.

    One attempt is a plain value, several are a list; as a number it is the last attempt's.
    Source: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#variables
    """

    texts: Texts

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Ints) -> "Attempts":
        return Attempts(self.texts.take(rows))

    def values(self) -> list[Value]:
        numbers = self.texts.numbers()
        values: list[Value] = numbers.found.tolist()
        for row in np.flatnonzero(~numbers.present).tolist():
            values[row] = None
        for row in self._lists(numbers):
            values[row] = attempts(self.texts.raw(row))
        return values

    def _lists(self, numbers: Numbers) -> list[int]:
        """Rows that are neither one number nor a bare `-`, which most rows are."""
        texts = self.texts
        dash = (texts.ends - texts.starts == 1) & (texts.octets.bytes[texts.starts] == ord("-"))
        rows: list[int] = np.flatnonzero(~(numbers.present | dash | (texts.starts < 0))).tolist()
        return rows

    def labels(self) -> Labels:
        return self.texts.labels()

    def numbers(self) -> Numbers:
        numbers = self.texts.numbers()
        found, present = numbers.found, numbers.present
        for row in self._lists(numbers):
            last = attempts(self.texts.raw(row))
            last = last[-1] if isinstance(last, list) else last
            if isinstance(last, int | float):
                found[row], present[row] = last, True
        return Numbers(found, present)


def attempts(raw: bytes) -> Value:
    """Read an upstream list: a value for one attempt, a list for several, null for each `-`."""
    values = [_attempt(part) for part in re.split(r" : |, ", text(raw))]
    return values[0] if len(values) == 1 else values


def _attempt(part: str) -> Value:
    if part == "-":
        return None
    whole, dot, fraction = part.partition(".")
    digits = whole + fraction
    # More than 18 digits are no number, here as in `Octets.decimals`.
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return part
    return float(part) if dot else int(part)
