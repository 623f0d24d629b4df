"""When a file was made: it stays, whatever is written later."""

import os
import time
from pathlib import Path

from agent.birth import born_s


def test_a_file_is_born_when_it_is_made_and_not_when_it_is_changed(tmp_path: Path) -> None:
    before_s = time.time()
    path = tmp_path / "a.log"
    path.touch()
    born = born_s(str(path))
    os.utime(path, (1, 1))
    path.write_text("later")

    assert born is not None
    assert before_s - 0.1 < born < time.time() + 0.1
    assert born_s(str(path)) == born


def test_a_file_that_is_not_there_was_not_born(tmp_path: Path) -> None:
    assert born_s(str(tmp_path / "gone")) is None
