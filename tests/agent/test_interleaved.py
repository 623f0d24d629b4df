"""No rotation loses or repeats a line, between whichever system calls of a look it happens."""

import pytest

from tests.agent.interleaved import Trial


@pytest.mark.parametrize("wide", [False, True], ids=["one name", "rotated names too"])
@pytest.mark.parametrize("kill", [False, True], ids=["one run", "killed"])
@pytest.mark.parametrize("hundred", range(2))
def test_each_line_is_read_once(hundred: int, kill: bool, wide: bool) -> None:
    for seed in range(60 * hundred, 60 * hundred + 60):
        wrong = Trial(seed, wide=wide, kill=kill).run()
        flags = " --wide" * wide + " --kill" * kill
        assert wrong == {}, f"python -m tests.agent.interleaved --seed {seed}{flags}"


@pytest.mark.parametrize(
    ("seed", "wide", "kill"),
    [
        # A copy of a short new generation was taken for one of the long generation before it.
        (500_576, True, False),
        # A copy was found only when its generation was not looked for any more; behind a kill too.
        (500_824, True, False),
        (701_736, False, True),
        (701_586, True, True),
    ],
)
def test_what_once_was_read_twice_or_not_at_all_is_read_once(
    seed: int, wide: bool, kill: bool
) -> None:
    assert Trial(seed, wide=wide, kill=kill).run() == {}
