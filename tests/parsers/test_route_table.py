"""A path that was seen before has the route that it had, and the table of them stays small."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parsers.columns import Texts
from parsers.route_table import RouteTable
from parsers.words import Octets


class Asked:
    """Makes routes of paths, and tells what it was asked for."""

    def __init__(self) -> None:
        self.paths: list[str | None] = []

    def __call__(self, paths: Sequence[str | None]) -> list[str | None]:
        self.paths += paths
        return [None if path is None else f"route of {path}" for path in paths]


def column(uris: Sequence[bytes | None]) -> Texts:
    raw = b"\n".join(uri or b"" for uri in uris)
    sizes = np.array([len(uri or b"") for uri in uris], np.int64)
    starts = np.cumsum(sizes + 1) - sizes - 1
    absent = np.array([uri is None for uri in uris], np.bool_)
    ends = np.where(absent, -1, starts + sizes)
    return Texts(Octets(raw), np.where(absent, -1, starts), ends, b"-")


URIS = st.one_of(st.none(), st.text("/ab?-é", max_size=20).map(str.encode), st.just(b"/a" * 300))


@given(st.lists(st.lists(URIS, max_size=80), max_size=4))
def test_each_row_has_the_route_of_its_path_in_any_block(blocks: list[list[bytes | None]]) -> None:
    table, asked = RouteTable(), Asked()

    for uris in blocks:
        found = table.labels(column(uris), asked).values()

        paths = [None if uri is None else uri.partition(b"?")[0].decode() for uri in uris]
        assert found == asked([None if path == "-" else path for path in paths])


def test_a_known_path_is_not_asked_for_again_whatever_its_query() -> None:
    table, asked = RouteTable(), Asked()
    first = [b"/orders/%d?page=%d" % (n % 10, n) for n in range(200)]
    then = [b"/orders/%d?sort=%d" % (n % 11, n) for n in range(200)]

    table.labels(column(first), asked)
    assert sorted(asked.paths) == [f"/orders/{n}" for n in range(10)]  # type: ignore[type-var]
    table.labels(column(then), asked)

    assert asked.paths[10:] == ["/orders/10"]


def test_only_routes_that_some_row_has_are_named() -> None:
    table, asked = RouteTable(), Asked()
    table.labels(column([b"/%d" % n for n in range(1000)]), asked)

    labels = table.labels(column([b"/7"] * 100), asked)

    assert labels.names == ("route of /7",)


def test_routes_without_end_are_forgotten_and_stay_right() -> None:
    table, asked = RouteTable(), Asked()
    for first in range(0, 200_000, 5_000):
        uris = [b"/made-up/%d" % n for n in range(first, first + 5_000)]

        found = table.labels(column(uris), asked).values()

        assert found == [f"route of {uri.decode()}" for uri in uris]
        assert len(table._routes) <= 4_096 + 5_001
