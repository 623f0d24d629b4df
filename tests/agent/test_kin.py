"""What lies beside a name: all of a small directory, and of a large one the names of a family."""

import pytest

from agent.kin import MOST_BESIDE, Kin


def kin(count: int) -> Kin[str]:
    near = Kin[str]()
    for number in range(count):
        near.add(f"/logs/{number}.log", f"live {number}")
    for name in ("7.log.1", "7-20260102.log", "8.log.2"):
        near.add(f"/logs/{name}", name)
    near.add("/other/7.log", "elsewhere")
    return near


def test_in_a_small_directory_all_are_beside_each_other() -> None:
    beside = kin(10).beside("/logs/none.log")

    assert len(beside) == 13
    assert "elsewhere" not in beside


@pytest.mark.parametrize("name", ["7.log", "7.log.1", "7.log.3", "7-20260104.log"])
def test_in_a_large_one_only_a_family_is(name: str) -> None:
    beside = kin(MOST_BESIDE).beside(f"/logs/{name}")

    assert beside >= {"live 7", "7.log.1", "7-20260102.log"}
    assert "8.log.2" not in beside


def test_what_is_discarded_is_beside_nothing() -> None:
    near = kin(3)
    near.discard("/logs/7.log.1", "7.log.1")
    near.discard("/logs/7.log.1", "7.log.1")

    assert "7.log.1" not in near.beside("/logs/7.log")
