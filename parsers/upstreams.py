"""Which upstream servers failed, attempt by attempt, whatever came of the request."""

import numpy as np

from parsers.attempts import Attempts, each_attempt
from parsers.batch import Batch
from parsers.columns import Labels
from parsers.merged import WHERE, where_of
from parsers.words import Bools, Ints

_CLIENT_LEFT = 499
_FIRST_ERROR = 500


def failed_upstreams(batch: Batch) -> Labels:
    """
    The server of each attempt that failed: no answer came from it, or a 5xx.

    That is what makes nginx ask the next one (`proxy_next_upstream`): an error or a timeout, which
    it logs as 502 or 504, or an answer of 500 to 504 (ngx_http_upstream_next in
    src/http/ngx_http_upstream.c). An attempt without a status counts unless the client left (499):
    then nobody waited for the answer. Lists of different lengths were not written by nginx, so
    their attempts count for nothing.

    Raises KeyError for a format without `$upstream_addr` and `$upstream_status`.
    """
    if WHERE in batch.columns:
        return _of_all(where_of(batch).batches)
    addresses, statuses = batch.column("upstream_addr"), batch.column("upstream_status")
    if not isinstance(addresses, Attempts) or not isinstance(statuses, Attempts):
        raise KeyError("upstream_status")
    rows = _suspects(addresses, statuses)
    if not rows.size:  # most blocks
        return Labels(rows, ())
    return _failed(addresses.take(rows), statuses.take(rows), _left(batch, rows))


def _suspects(addresses: Attempts, statuses: Attempts) -> Ints:
    """Rows that somebody was asked for, and of which more is to be said than one good status."""
    status = statuses.texts.integers()
    return np.flatnonzero(~(status.present & (status.found < _FIRST_ERROR)) & ~addresses.null())


def _left(batch: Batch, rows: Ints) -> Bools:
    if "$status" not in batch.columns:
        return np.zeros(len(rows), np.bool_)
    status = batch.column("status").numbers()
    left: Bools = status.present[rows] & (status.found[rows] == _CLIENT_LEFT)
    return left


def _failed(addresses: Attempts, statuses: Attempts, left: Bools) -> Labels:
    each = each_attempt(addresses, statuses)
    stated = statuses.counts()
    known = (stated == each.counts) | (stated == 0)  # a lone `-` states nothing
    unanswered = ~each.statuses.present & ~left[each.rows]
    error = each.statuses.present & (each.statuses.found >= _FIRST_ERROR)
    return each.addresses.take(np.flatnonzero(known[each.rows] & (unanswered | error)))


def _of_all(batches: tuple[Batch, ...]) -> Labels:
    """Of a batch of several formats: those that its access lines name."""
    names: dict[str | None, int] = {}
    codes = [np.zeros(0, np.int64)]
    for each in batches:
        try:
            labels = failed_upstreams(each)
        except KeyError:
            continue
        known = [names.setdefault(name, len(names)) for name in labels.names]
        codes.append(np.array(known, np.int64)[labels.codes])
    return Labels(np.concatenate(codes), tuple(names))
