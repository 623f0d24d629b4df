"""When a file was made, which `os.stat` does not say on Linux: statx(2)."""

import ctypes
import os
import struct

_AT_FDCWD = -100
_STATX_BTIME = 0x800
# struct statx of <linux/stat.h>, the same everywhere: 256 bytes, `stx_mask` first, `stx_btime`
# (seconds, nanoseconds) at 80.
_BYTES, _BTIME_AT = 256, 80


def born_s(path: str) -> float | None:
    """The Unix time of a file's making; None if it is not there or its file system keeps none."""
    found = ctypes.create_string_buffer(_BYTES)
    try:
        statx = ctypes.CDLL(None).statx  # glibc 2.28
    except AttributeError:
        return None
    if statx(_AT_FDCWD, os.fsencode(path), 0, _STATX_BTIME, found):
        return None
    (mask,) = struct.unpack_from("=I", found)
    if not mask & _STATX_BTIME:
        return None
    seconds, nanoseconds = struct.unpack_from("=qI", found, _BTIME_AT)
    return float(seconds) + float(nanoseconds) / 1e9
