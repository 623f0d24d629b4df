"""What stands under a path at this moment, and whether it can be opened."""

import errno
import os

from agent.counts import Count, Counted
from agent.descriptors import Descriptors
from agent.generations import OPEN_FLAGS
from agent.identity import Key, key
from agent.trouble import Trouble, in_words, other_kind


class Name:
    """A path, looked up at each sweep."""

    def __init__(
        self, path: str, *, in_patterns: bool, count: Count, descriptors: Descriptors
    ) -> None:
        self.key: Key | None = None  # device and inode of what stands there; None: nothing
        self.looked_up = False  # False where that could not be told, as without leave to look
        self._path = path
        self._in_patterns = in_patterns
        self._count = count
        self._descriptors = descriptors
        self._trouble = Trouble(path)
        self._mode = 0  # of what stands there

    @property
    def trouble(self) -> str:
        """Why the file cannot be read now, and what would help; "" if all is well."""
        return self._trouble.complaint

    def look_up(self, now_s: float) -> None:
        """Look what stands there; if that cannot be told, keep what was there last."""
        self.looked_up = True
        try:
            there = os.stat(self._path)  # noqa: PTH116 (a Path costs three times as much)
            self.key, self._mode = key(there), there.st_mode
        except (FileNotFoundError, NotADirectoryError):
            self.key = None
        except OSError as error:
            self.looked_up = False
            self.failed(error, now_s)

    def open(self, now_s: float, *, was_file: bool) -> int | None:
        """Open the file there; None if it is none, refused, or it is too early to try again."""
        if self.key is None or not self.looked_up or not self._trouble.may_try(now_s):
            return None
        if complaint := other_kind(self._mode):
            # That `*` means directories too is no trouble; a path given by name that is one, or a
            # log that became one, is.
            if was_file or self._in_patterns:
                self._complain(complaint, now_s)
            return None
        return self._open(now_s)

    def failed(self, error: OSError, now_s: float) -> None:
        """Note that the file could not be looked at or read; says so if that is news."""
        self._complain(in_words(error), now_s)

    def _open(self, now_s: float) -> int | None:
        try:
            fd = self._descriptor()
        except FileNotFoundError:
            return None
        except OSError as error:
            self.failed(error, now_s)
            return None
        if key(os.fstat(fd)) != self.key:  # replaced since it was looked up, by a pipe even
            os.close(fd)
            return None
        self._trouble.over()
        return fd

    def _descriptor(self) -> int:
        try:
            return os.open(self._path, OPEN_FLAGS)
        except OSError as error:
            if error.errno != errno.EMFILE or not self._descriptors.ran_out():
                raise
        return os.open(self._path, OPEN_FLAGS)

    def _complain(self, complaint: str, now_s: float) -> None:
        if self._trouble.met(complaint, now_s):
            self._count(Counted.TROUBLE, 1)
