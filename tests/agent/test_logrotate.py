"""The real logrotate, while another process writes: every line that survives is counted once."""

import gzip
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.following import Reader
from tests.programs import needs

# Writes numbered lines with O_APPEND, a line a write, and reopens its log on SIGHUP as nginx does
# on SIGUSR1. It goes on until its input ends, and then says how many lines it wrote.
WRITER = """
import os, select, signal, sys

path = sys.argv[1]
again = False

def reopen(*_):
    global again
    again = True

signal.signal(signal.SIGHUP, reopen)
flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
fd = os.open(path, flags, 0o644)
print("ready", flush=True)
n = 0
while not select.select([sys.stdin], [], [], 0.0005)[0]:
    for _ in range(20):
        if again:
            again = False
            os.close(fd)
            fd = os.open(path, flags, 0o644)
        os.write(fd, b"line %d of a log that is being rotated while it is written\\n" % n)
        n += 1
print(n, flush=True)
"""


@contextmanager
def writer(log: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def stop(process: subprocess.Popen[str]) -> int:
    """How many lines the writer wrote."""
    out, _ = process.communicate()
    return int(out)


def configuration(log: Path, mode: str, pid: int) -> Path:
    path = log.with_name("logrotate.conf")
    # The pause is what people are told to write before `compress` takes the file from a writer.
    reopen = (
        "" if "copytruncate" in mode else f"postrotate\n kill -HUP {pid}; sleep 0.05\nendscript"
    )
    path.write_text(f"{log} {{\n rotate 1000\n size 1\n missingok\n {mode}\n {reopen}\n}}\n")
    path.chmod(0o644)
    return path


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def lines_of(reader: Reader, after_s: float = 1.1) -> Counter[bytes]:
    # Block by block: the last line of a copy may have no end, and the next block is another line.
    found = reader.look(after_s=after_s)
    return Counter(line for followed in found for line in followed.block.raw.splitlines())


@pytest.mark.parametrize("wide", [False, True], ids=["name", "pattern"])
@pytest.mark.parametrize("packed", ["nocompress", "compress", "compress\n delaycompress"])
@pytest.mark.parametrize("mode", ["create 0644", "nocreate", "copytruncate"])
def test_every_surviving_line_is_counted_once(
    tmp_path: Path, mode: str, packed: str, wide: bool
) -> None:
    logrotate = needs("logrotate")
    tmp_path.chmod(0o755)  # logrotate refuses a directory that others may write to
    log = tmp_path / "app.log"
    reader = Reader(log.with_name("app.log*") if wide else log)
    read: Counter[bytes] = Counter()
    with writer(log) as process:
        conf = configuration(log, f"{mode}\n {packed}", process.pid)
        for _ in range(15):
            read += lines_of(reader)
            state = str(log.with_name("logrotate.state"))
            subprocess.run(
                [str(logrotate), "-s", state, str(conf)], check=mode != "nocreate", timeout=10
            )
        written = stop(process)
    for after_s in (1, 61, 61):
        read += lines_of(reader, after_s)

    survived = Counter(
        line for path in tmp_path.glob("app.log*") for line in content(path).splitlines()
    )
    everything = Counter(
        b"line %d of a log that is being rotated while it is written" % n for n in range(written)
    )
    assert len(list(tmp_path.glob("app.log*"))) > 3
    assert bool(list(tmp_path.glob("*.gz"))) == (packed != "nocompress")
    # logrotate copies while a line is being written, so the last line of a copy may be cut. What
    # copytruncate loses, written between copy and truncate, may have been read before, whole.
    cut = survived - everything
    assert survived - read - cut == Counter()
    assert read - everything - cut == Counter()
    if mode != "copytruncate":
        assert read == everything
