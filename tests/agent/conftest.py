"""What holds for all tests of the agent."""

from collections.abc import Iterator

import pytest

from tests.agent.following import Reader


@pytest.fixture(autouse=True)
def no_file_stays_open() -> Iterator[None]:
    """Close what readers have open: a thousand of them would use the limit of the process up."""
    yield
    Reader.close_all()
