"""The columns of an access log: variables as their types, and what derives from several."""

import re
from collections.abc import Callable, Mapping

import numpy as np

from parsers.attempts import Attempts, EachAttempt, each_attempt
from parsers.batch import Batch
from parsers.columns import Column, Labels, Memo, Numbers, Objects, Texts, Value
from parsers.nginx_request import REQUEST_PARTS, request_part, request_path
from parsers.nginx_variables import LISTS, NUMBERS, WHOLE, Kind, kind_of
from parsers.timestamps import clf_time, epoch_time, iso_time
from parsers.words import Ints

_SIGNED = re.compile(r"-?[0-9]{1,9}\.[0-9]{1,9}")
_CLASSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx", None)
# The lists of which one tells how many servers were asked. The address comes first: nginx writes
# `-` for it only if nobody was, but for a status also if nobody answered.
_ASKED = (
    *("upstream_addr", "upstream_bytes_sent", "upstream_bytes_received"),
    *("upstream_response_length", "upstream_response_time", "upstream_connect_time"),
    *("upstream_status", "upstream_header_time", "upstream_session_time"),
)


def typed(texts: Texts, kind: Kind) -> Column:
    """The column of a variable of this kind."""
    if kind in WHOLE:
        return texts.integers()
    if kind in NUMBERS:
        return texts.numbers()
    if kind in LISTS:
        return Attempts(texts, _READ[kind])
    return Objects([_signed(value) for value in texts.values()]) if kind is Kind.SIGNED else texts


def _signed(value: Value) -> Value:
    return float(value) if isinstance(value, str) and _SIGNED.fullmatch(value) else value


def derived(batch: Batch, name: str) -> Column:
    """What derives from the variables of a batch; KeyError for an unknown name."""
    if name in REQUEST_PARTS:
        return request_part(batch, name)
    variable, _, what = name.rpartition("_")
    if what in _OVER_ATTEMPTS and kind_of(variable) in LISTS:
        attempts = batch.column(variable)
        assert isinstance(attempts, Attempts)  # by its kind
        return _OVER_ATTEMPTS[what](attempts)
    return _DERIVED[name](batch)


def _time(batch: Batch) -> Column:
    for name, read in _TIMES.items():
        stamp = batch.columns.get(name)
        if isinstance(stamp, Texts):
            return Memo(stamp, read)
    msec = batch.columns.get("$msec")
    if isinstance(msec, Texts):
        numbers = msec.numbers()
        rows = zip(numbers.found.tolist(), numbers.present.tolist(), strict=True)
        return Objects([epoch_time(seconds) if present else None for seconds, present in rows])
    return Objects([None] * len(batch))


def _no_level(batch: Batch) -> Column:
    return Labels(np.zeros(len(batch), np.int64), (None,))


def _message(batch: Batch) -> Column:
    """The request and its status; all of a record that did not fit."""
    records = batch.records()
    if "$request" not in batch.columns:
        return records
    messages: list[Value] = [each or "-" for each in batch.column("request").values()]
    if "$status" in batch.columns:
        statuses = batch.column("status").values()
        pairs = zip(messages, statuses, strict=True)
        messages = [f"{request} {status}" for request, status in pairs]
    for row in np.flatnonzero(~batch.parsed).tolist():
        messages[row] = records.value(row)
    return Objects(messages)


def _status_class(batch: Batch) -> Column:
    status = batch.column("status").numbers()
    absent = len(_CLASSES) - 1
    codes = np.where(status.present, status.found.astype(np.int64) // 100 % 10, absent)
    return Labels(codes, _CLASSES)


def upstream_attempts(batch: Batch) -> EachAttempt:
    """
    Every attempt of every row: who was asked, and what status came.

    Raises KeyError for a format without `$upstream_addr`.
    """
    addresses = batch.column("upstream_addr")
    statuses = batch.column("upstream_status") if "$upstream_status" in batch.columns else None
    assert isinstance(addresses, Attempts)
    assert statuses is None or isinstance(statuses, Attempts)
    return each_attempt(addresses, statuses)


def _attempt_counts(batch: Batch) -> Ints:
    for name in _ASKED:
        if f"${name}" in batch.columns:
            asked = batch.column(name)
            assert isinstance(asked, Attempts)
            return asked.counts()
    raise KeyError(_ASKED[0])


def _attempts(batch: Batch) -> Column:
    """How many servers were asked; absent where none was."""
    counts = _attempt_counts(batch)
    return Numbers(counts, counts > 0)


def _counts(batch: Batch) -> Ints:
    """As `_attempt_counts`, once for a batch: the column is kept."""
    return batch.column("upstream_attempts").numbers().found.astype(np.int64)


def _retries(batch: Batch) -> Column:
    counts = _counts(batch)
    return Numbers(np.maximum(counts - 1, 0), counts > 0)


def _retried(batch: Batch) -> Column:
    return Labels(np.minimum(_counts(batch), 2), (None, "no", "yes"))


_READ: Mapping[Kind, Callable[[Texts], Texts | Numbers]] = {
    Kind.INTEGERS: Texts.integers,
    Kind.BYTES_LIST: Texts.integers,
    Kind.SECONDS_LIST: Texts.numbers,
    Kind.ADDRESSES: lambda texts: texts,
}
_TIMES: Mapping[str, Callable[[bytes], str | None]] = {
    "$time_iso8601_ms": iso_time(None),
    "$time_local": clf_time,
    "$time_iso8601": iso_time(None),
}
_OVER_ATTEMPTS: Mapping[str, Callable[[Attempts], Column]] = {
    "last": Attempts.last,
    "sum": Attempts.sum,
    "max": Attempts.max,
}
_DERIVED: Mapping[str, Callable[[Batch], Column]] = {
    "time": _time,
    "level": _no_level,
    "message": _message,
    "path": request_path,
    "status_class": _status_class,
    "upstream_attempts": _attempts,
    "upstream_retries": _retries,
    "upstream_retried": _retried,
}
