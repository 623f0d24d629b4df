"""
The real nginx says what is in its lines: each field of each format equals its own JSON log.

The formats, the requests (ordinary and hostile) and the comparison are in tests/nginx_labels.py.
"""

import pytest

from parsers.block import Block
from parsers.event import Event
from parsers.formats import parser_for
from parsers.nginx_access import access_parser
from parsers.scan import cut
from parsers.words import Octets
from tests.nginx_labels import (
    AMBIGUOUS,
    FORMATS,
    VARIABLES,
    Labelled,
    expected,
    label,
    may_be_unparsed,
    writes,
)
from tests.programs import needs

pytestmark = pytest.mark.timeout(60)
each_format = pytest.mark.parametrize("name", FORMATS)
# Of ordinary traffic, an upstream failing on a bad day included.
LEAST_VECTOR_SHARE = 0.95


@pytest.fixture(scope="module")
def nginx() -> Labelled:
    return label(needs("nginx"), ordinary_requests=240)


def told(event: Event) -> dict[str, object]:
    """The fields of an event, with null for what a log writes where there is no value."""
    return {name: None if value in ("", "-") else value for name, value in event.fields.items()}


def blocks(raw: bytes, lines: int) -> list[bytes]:
    rows = raw.splitlines(keepends=True)
    return [b"".join(rows[at : at + lines]) for at in range(0, len(rows), lines)]


@each_format
@pytest.mark.parametrize("lines", [10, 1 << 20], ids=["exact", "vectorised"])
def test_every_field_of_every_line_is_what_nginx_says(nginx: Labelled, name: str, lines: int):
    parser = parser_for(FORMATS[name])
    wrong: list[tuple[str, object, object]] = []
    unparsed: list[str] = []
    variables = [field for field in VARIABLES if writes(name, field)]
    truths = iter(nginx.truth)

    for raw in blocks(nginx.log(name), lines):
        for event in parser.parse(Block(raw)).events():
            truth = next(truths)
            if not event.parsed:
                unparsed += [] if may_be_unparsed(name, truth) else [event.message]
                continue
            fields = told(event)
            wrong += [
                (field, expected(field, truth[field]), fields[field])
                for field in variables
                if expected(field, truth[field]) != fields[field]
            ]

    assert ([], []) == (wrong, unparsed)
    assert not list(truths)


@each_format
def test_the_vector_path_carries_ordinary_traffic(nginx: Labelled, name: str):
    layout = access_parser(FORMATS[name]).layout

    found = cut(layout, Octets(nginx.ordinary_log(name)))

    assert nginx.ordinary == len(found.starts) == int(found.fits.sum())
    assert found.vectorised >= LEAST_VECTOR_SHARE * nginx.ordinary


@each_format
def test_every_line_that_fits_has_its_time(nginx: Labelled, name: str):
    batch = parser_for(FORMATS[name]).parse(Block(nginx.log(name)))
    timed = any(f"$time_{kind}" in FORMATS[name] for kind in ("local", "iso8601"))

    times = [
        time for time, fits in zip(batch.column("time").values(), batch.parsed, strict=True) if fits
    ]

    assert (None not in times) == (timed or "$msec" in FORMATS[name])


@pytest.mark.parametrize("part", ["request_method", "request_uri", "server_protocol"])
def test_the_request_line_is_cut_as_nginx_cuts_it(nginx: Labelled, part: str):
    batch = parser_for("combined").parse(Block(nginx.log("combined")))
    # Refused: nginx did not read it to its end, or did and forgot it.
    refused = (b"400", b"414", b"505")
    # nginx takes no path as `/`, which does not stand in the line.
    no_path = b"GET https://example.org HTTP/1.1"

    cut_otherwise = {
        (truth["request"], mine, truth[part])
        for mine, truth in zip(batch.column(part).values(), nginx.truth, strict=True)
        if mine != expected(part, truth[part]) and truth["status"] not in refused
    }

    assert set() == {each for each in cut_otherwise if each[0] != no_path}


def test_keys_of_a_json_format_reach_its_variables(nginx: Labelled):
    batch = parser_for(FORMATS["json"]).parse(Block(nginx.log("json")))

    agents = batch.column("agent").values()

    assert agents == batch.column("http_user_agent").values()
    assert batch.column("client.addr").values() == batch.column("remote_addr").values()


def test_the_requests_are_as_bad_as_they_should_be(nginx: Labelled):
    """Otherwise the other tests prove nothing."""
    said = {name: {truth[name] for truth in nginx.truth} for name in VARIABLES}

    assert {b"200", b"301", b"400", b"404", b"414", b"499", b"502"} <= said["status"]
    assert {b"", b"\x16\x03\x01\x02"} <= {each[:4] for each in said["request"]}
    assert any(addresses.count(b", ") == 3 for addresses in said["upstream_addr"])
    assert any(b" : " in addresses for addresses in said["upstream_addr"])
    assert any(b"-" in times.split(b", ") for times in said["upstream_connect_time"])
    assert {b"HIT", b"MISS"} <= said["upstream_cache_status"]
    assert any(len(agent) > 7000 for agent in said["http_user_agent"])
    assert len(said["gzip_ratio"]) > 1
    assert said["pipe"] == {b".", b"p"}


@pytest.mark.parametrize("name", sorted(AMBIGUOUS))
def test_what_separates_values_makes_few_lines_unparsed(nginx: Labelled, name: str):
    batch = parser_for(FORMATS[name]).parse(Block(nginx.log(name)))

    assert 0 < (~batch.parsed).sum() < len(nginx.truth) / 10
