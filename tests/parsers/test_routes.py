"""What is left of a path when the ids in it are taken for what they are."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parsers.block import Block
from parsers.columns import text
from parsers.formats import Options, parser_for
from parsers.routes import MOST_CHARS, MOST_KNOWN, MOST_SEGMENTS, Router, covers, route

UUID = "550e8400-e29b-41d4-a716-446655440000"
SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/about", "/about"),
        ("/api/v1/orders/17", "/api/v1/orders/:id"),
        ("/api/v1/orders/17?page=2#x", "/api/v1/orders/:id"),
        ("/orders/2026-17-4", "/orders/:id"),
        ("/items/1,2,3", "/items/:id"),
        ("/at/52.5,-13.4", "/at/:id"),
        ("/title/tt0111161", "/title/:id"),
        ("/product-4711/reviews", "/product-:id/reviews"),
        (f"/a/{UUID}", "/a/:uuid"),
        (f"/a/{UUID.upper()}/b", "/a/:uuid/b"),
        (f"/commit/{SHA}", "/commit/:hash"),
        ("/commit/da39a3e", "/commit/:hash"),
        ("/tx/0xdeadbeef", "/tx/:hash"),
        ("/on/2026-01-02", "/on/:date"),
        ("/on/2026-01", "/on/:date"),
        ("/on/2026-01-02T03:04:05.678Z", "/on/:date"),
        ("/on/2026-01-02T03:04+02:00", "/on/:date"),
        ("/on/20260102T030405Z", "/on/:date"),
        ("/at/03:04", "/at/:date"),
        ("/u/bob@example.org", "/u/:email"),
        ("/u/bob+x%40mail.example.org/edit", "/u/:email/edit"),
        ("/t/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP", "/t/:token"),
        ("/t/01arz3ndektsv4rrffq69g5fav", "/t/:token"),
        ("/static/app.3f9a1c.js", "/static/app.:hash.js"),
        ("/static/app-3f9a1c2b.min.css", "/static/app-:hash.min.css"),
        ("/tiles/7/66/4711.png", "/tiles/:id/:id/:id.png"),
        ("/jquery-3.6.0.min.js", "/jquery-3.6.0.min.js"),
    ],
)
def test_an_id_becomes_its_kind(path: str, expected: str) -> None:
    assert expected == route(path)


@pytest.mark.parametrize(
    "path",
    [
        *("/oauth2/v1.2/2fa", "/facade/deadbeef", "/.well-known/acme-challenge", "/wp-login.php"),
        *("/blog/my-post-of-2026-in-words", "/projects/a:run", "/favicon.ico", "/s3/x86_64"),
        *("/getUserById", "/iPhone12", "/@bob", "/~bob", "/utf-8", "/en-US"),
    ],
)
def test_a_word_stays_a_word(path: str) -> None:
    assert path == route(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("//users///bob/", "/users/bob"),
        ("/%75sers/%7Ebob", "/users/~bob"),
        ("/users;jsessionid=4711/bob;a=1", "/users/bob"),
        ("/a%2fb/c", "/:text/c"),
        ("/search/red%20shoes", "/search/:text"),
        ("/search/%D1%81%D0%BB", "/search/:text"),
        ("/search/schön", "/search/:text"),
        ("/%", "/:text"),
        ("/a/\\x16\\x03", "/a/:text"),
        ("/a/\x00\x1b[31m", "/a/:text"),
        ("/" + "x" * (MOST_CHARS + 1), "/:text"),
        ("/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h"),
        ("/a/b/c/d/e/f/g/h/i/1", "/a/b/c/d/e/f/g/h/*"),
        ("/.." * 3, "/../../.."),
        ("*", "*"),
        ("", ":other"),
        ("example.org:443", ":other"),
        ("?a=/b", ":other"),
    ],
)
def test_what_else_comes_as_a_path_has_a_template_too(path: str, expected: str) -> None:
    assert expected == route(path)


PIECES = st.sampled_from(
    [
        "/",
        "//",
        "17",
        "-",
        ".",
        "a",
        "F",
        "0x",
        UUID,
        SHA,
        "2026-01-02",
        "@",
        "%40",
        "%2F",
        "%",
        ";",
    ]
)


@given(st.binary(max_size=200).map(text) | st.lists(PIECES, max_size=30).map("".join))
@example("/1" * 2048)
@example("/" + "1." * 25)
@example("/%2%340")
def test_any_bytes_have_a_bounded_template_that_is_its_own(path: str) -> None:
    template = route(path)

    assert template == route(template)
    assert template in ("*", ":other") or template.startswith("/")
    assert len(template.split("/")) <= MOST_SEGMENTS + 2
    assert len(template) <= (MOST_SEGMENTS + 1) * (MOST_CHARS + 1)


@given(st.lists(st.lists(PIECES, max_size=12).map(lambda each: "/" + "".join(each)), max_size=8))
def test_many_paths_at_once_have_the_templates_that_each_has_alone(paths: list[str]) -> None:
    assert [route(path) for path in paths] == Router().routes(paths)


def test_a_path_with_a_newline_is_read_by_itself() -> None:
    paths = ["/a/1", "/b\n/2", "/c/3"]

    assert ["/a/:id", "/:text/:id", "/c/:id"] == Router().routes(paths)


OWN = Router(("/users/me", "/users/:name", "/users/:name/orders/:id", "/static/*", "/y/2026"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/users/bob", "/users/:name"),
        ("/users/me", "/users/me"),
        ("/users/4711/", "/users/:name"),
        ("/users//%62ob?a=1", "/users/:name"),
        ("/users/bob/orders/17", "/users/:name/orders/:id"),
        ("/users/bob/orders", "/users/bob/orders"),
        ("/users", "/users"),
        ("/static/css/app.css", "/static/*"),
        ("/static", "/static"),
        ("/y/2026", "/y/2026"),
        ("/y/2025", "/y/:id"),
        ("/users/:name", "/users/:name"),
        ("*", "*"),
    ],
)
def test_own_routes_come_first_in_their_order(path: str, expected: str) -> None:
    assert [expected] == OWN.routes([path])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("/users/:a", "/users/:b", True),
        ("/users/:a", "/users/me", True),
        ("/users/me", "/users/:a", False),
        ("/static/*", "/static/css/*", True),
        ("/static/*", "/static/a/b", True),
        ("/static/*", "/static", False),
        ("/static/:a", "/static/*", False),
        ("/a/:b", "/a/b/c", False),
        ("/a/b", "/a//b/", True),
        ("/", "/", True),
    ],
)
def test_a_route_covers_another_if_it_takes_all_of_its_paths(
    first: str, second: str, expected: bool
) -> None:
    assert expected == covers(first, second)


@pytest.mark.parametrize(
    ("log_format", "lines"),
    [
        (
            '"$request" $status',
            '"GET /orders/17?x=1 HTTP/1.1" 200\n"-" 400\n"OPTIONS * HTTP/1.1" 405\n',
        ),
        ("$request_uri $status", "/orders/17?x=1 200\n- 400\n* 405\n"),
        ("json", '{"url": "https://a.example/orders/17?x=1"}\n{"path": null}\n{"uri": "*"}\n'),
    ],
)
def test_a_batch_has_the_route_of_each_row_that_has_a_path(log_format: str, lines: str) -> None:
    batch = parser_for(log_format).parse(Block(lines.encode()))

    assert ["/orders/:id", None, "*"] == batch.column("route").values()


def test_a_route_that_the_application_names_stands() -> None:
    batch = parser_for("json").parse(
        Block(b'{"route": "/u/{id}", "path": "/u/1"}\n{"path": "/u/1"}\n')
    )

    assert ["/u/{id}", "/u/:id"] == batch.column("route").values()


@pytest.mark.parametrize("name", ["auto", "combined", "json", '"$request" $status'])
def test_own_routes_reach_every_parser(name: str) -> None:
    combined = b'192.0.2.1 - - [22/Jan/2026:14:53:35 +0000] "GET /u/bob HTTP/1.1" 200 1 "-" "-"\n'
    raw = {"json": b'{"path": "/u/bob"}\n', "auto": combined, "combined": combined}.get(
        name, b'"GET /u/bob HTTP/1.1" 200\n'
    )

    batch = parser_for(name, Options(router=Router(("/u/:name",))), head=raw).parse(Block(raw))

    assert ["/u/:name"] == batch.column("route").values()


def test_a_million_distinct_paths_have_few_templates_and_cost_no_memory() -> None:
    router = Router()
    found: set[str | None] = set()
    for first in range(0, 1_000_000, 50_000):
        paths = [f"/orders/{n}/items/{n:032x}" for n in range(first, first + 50_000)]
        if first == 950_000:
            tracemalloc.start()  # makes everything slower; what is forgotten is made anew by now
        found.update(router.routes(paths))
    del paths
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert {"/orders/:id/items/:id", "/orders/:id/items/:hash"} == found
    assert len(router._known) <= MOST_KNOWN
    assert kept < 5_000_000
