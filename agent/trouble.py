"""What stands between us and a file: said once per change of state, tried again with pauses."""

import errno
import logging
import stat

_log = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0

_FIXES = {
    errno.EACCES: "add the service user to group adm, or give it leave to read",
    errno.EPERM: "add the service user to group adm, or give it leave to read",
    errno.EMFILE: "raise LimitNOFILE= of the unit, or `ulimit -n`",
    errno.ENFILE: "raise the sysctl fs.file-max",
    errno.ENOSPC: "make room where the state is kept",
    errno.ELOOP: "a symbolic link points at itself; make it point at the log",
    errno.ESTALE: "the file server has forgotten the file; nothing to do if it was rotated",
    errno.EIO: "look for disk errors in the kernel log",
}

_KINDS = {
    stat.S_IFDIR: "is a directory, not a file; left out (name its files, for example with /*.log)",
    stat.S_IFIFO: "is a named pipe, not a file; left out until a regular file takes its place",
    stat.S_IFSOCK: "is a socket, not a file; left out until a regular file takes its place",
    stat.S_IFCHR: "is a device, not a file; left out until a regular file takes its place",
    stat.S_IFBLK: "is a device, not a file; left out until a regular file takes its place",
}


def other_kind(mode: int) -> str | None:
    """Say what a file is that cannot be followed; None for a regular file."""
    return _KINDS.get(stat.S_IFMT(mode))


def in_words(error: OSError) -> str:
    """Say an error as people do, with what happens next and what would help, without the path."""
    what = (error.strerror or str(error)).lower()
    fix = _FIXES.get(error.errno or 0)
    then = f"trying again every {LONGEST_PAUSE_S:.0f} s"
    return f"{what}; {then} ({fix})" if fix else f"{what}; {then}"


class Trouble:
    """The state of one path, as far as its reader knows: well, or one complaint."""

    def __init__(self, path: str) -> None:
        self.complaint = ""  # what was said last; "" while all is well
        self._path = path
        self._pause_s = 0.0
        self._try_at_s = 0.0

    def may_try(self, now_s: float) -> bool:
        """Whether the pause after the last failure is over."""
        return now_s >= self._try_at_s

    def met(self, complaint: str, now_s: float) -> bool:
        """Note a failure; True, and one WARNING, only if it is another one than before."""
        self._pause_s = min(max(2 * self._pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._try_at_s = now_s + self._pause_s
        if complaint == self.complaint:
            return False
        self.complaint = complaint
        _log.warning("%s: %s", self._path, complaint)
        return True

    def over(self) -> None:
        """Note that all is well; one INFO if it was not."""
        if self.complaint:
            _log.info("%s: followed again", self._path)
        self.complaint, self._pause_s, self._try_at_s = "", 0.0, 0.0
