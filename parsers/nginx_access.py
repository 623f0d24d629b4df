"""nginx access logs in any `log_format`, read by column."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from parsers.batch import Batch, dense_dicts, whole_lines
from parsers.block import Block
from parsers.columns import Column, Texts, Value
from parsers.layout import Layout
from parsers.nginx_columns import derived, typed
from parsers.nginx_format import Escape, read_format, unescaped
from parsers.nginx_request import REQUEST_PARTS
from parsers.nginx_variables import kind_of
from parsers.routes import Router
from parsers.scan import cut
from parsers.severity import Severity
from parsers.words import Bools, Octets, Octets8

COMBINED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"'
)

# What a status means for the operator: 499 (the client left) and 404 (it does not exist) are noise.
DEFAULT_SEVERITIES: Mapping[str, Severity] = {
    "5xx": Severity.ERROR,
    "4xx": Severity.WARNING,
    "499": Severity.NOTICE,
    "404": Severity.NOTICE,
}


@dataclass(frozen=True, slots=True)
class AccessParser:
    """Reads one `log_format`; build it with `access_parser`."""

    name: str
    layout: Layout
    fields: tuple[str, ...]
    # A Severity for every status from 0 to 999.
    severities: Octets8
    escape: Escape = Escape.DEFAULT
    # What a JSON format calls its variables.
    keys: Mapping[str, str] = field(default_factory=dict)
    router: Router = field(default_factory=Router, compare=False)

    def complete(self, raw: bytes) -> int:
        """Every line is a record."""
        return whole_lines(raw)

    def parse(self, block: Block) -> Batch:
        """Find all variables of all lines; what does not fit is marked unparsed."""
        octets = Octets(block.raw)
        found = cut(self.layout, octets)
        # What nginx writes for a variable without a value.
        null = b"-" if self.escape is Escape.DEFAULT else b""
        unescape = None if self.escape is Escape.NONE else partial(unescaped, escape=self.escape)
        columns: dict[str, Column] = {
            f"${name}": Texts(octets, starts, ends, null, unescape)
            for name, (starts, ends) in found.slots.items()
        }
        severity = self._severity(found.fits, columns)
        return Batch(
            block,
            octets,
            self.name,
            found.starts,
            found.ends,
            found.fits,
            severity,
            self,
            columns,
        )

    def _severity(self, fits: Bools, columns: dict[str, Column]) -> Octets8:
        severity = np.full(len(fits), int(Severity.INFO), np.uint8)
        status = columns.get("$status")
        if isinstance(status, Texts):
            codes = status.integers()
            columns["status"] = codes
            stated = codes.present & (codes.found < len(self.severities))
            found = np.where(stated, codes.found, 0)
            np.copyto(severity, self.severities[found], where=stated)
        return severity

    def cut(self, batch: Batch, name: str) -> Column:
        """Cut a variable, by its name or by its key in a JSON format, or what derives from it."""
        variable = batch.columns.get(f"${name}")
        if isinstance(variable, Texts):
            return typed(variable, kind_of(name))
        if name in self.keys and self.keys[name] != name:
            return batch.column(self.keys[name])
        if name == "route":
            uris = batch.column("request_uri")
            assert isinstance(uris, Texts)  # by its kind
            return self.router.of_uris(uris)
        return derived(batch, name)

    def field_dicts(self, batch: Batch) -> list[dict[str, Value]]:
        """All variables of the format, and the parts of the request."""
        return dense_dicts(batch, self.fields)


def access_parser(
    log_format: str = COMBINED,
    *,
    name: str = "nginx_access",
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
    router: Router | None = None,
) -> AccessParser:
    """
    Compile the text of an nginx `log_format` (without the directive and its name, but with
    `escape=…` if it has that).

    `severities` gives severities by status (`404`) or class (`5xx`); what it leaves out is info.
    `router` finds the `route` of each path.
    Raises LayoutError, with the column, for a format that nginx would refuse, and for one that
    nobody could read: if nothing separates two variables of unknown width.
    """
    read = read_format(log_format)
    parser = access_parser_of(read.layout, name=name, severities=severities, router=router)
    return replace(parser, escape=read.escape, keys=read.keys)


def access_parser_of(
    layout: Layout,
    *,
    name: str,
    severities: Mapping[str, Severity] = DEFAULT_SEVERITIES,
    router: Router | None = None,
    hidden: tuple[str, ...] = (),
) -> AccessParser:
    """The parser for a layout whose slots have the names of variables; `hidden` are no fields."""
    names = list(dict.fromkeys(slot.name for slot in layout.slots if slot.name not in hidden))
    if "request" in names:
        names += [part for part in REQUEST_PARTS if part not in names]
    table = _severity_table(severities)
    return AccessParser(name, layout, tuple(names), table, router=router or Router())


def _severity_table(severities: Mapping[str, Severity]) -> Octets8:
    table = np.full(1000, int(Severity.INFO), np.uint8)
    # Classes before single statuses, so that `404` wins over `4xx` in whatever order they stand.
    for status, severity in sorted(severities.items(), key=lambda item: item[0][1:] != "xx"):
        first = int(status[0]) * 100 if status[1:] == "xx" else int(status)
        table[first : first + (100 if status[1:] == "xx" else 1)] = int(severity)
    return table
