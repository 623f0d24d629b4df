"""A process that writes one log: numbered records, in pieces, with a ledger of what it wrote."""

import os
import random
import select
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from agent.selftest.ledger import Row, packed
from agent.selftest.lines import FORMS, Record, Stamps, draw
from agent.selftest.logs import LOGS, LogSpec

_TICK_S = 0.03
_MOST_AT_ONCE = 3000  # records in one write
_LONGEST_PAUSE_S = 0.2  # in the middle of a record; see logs.RECORD_WAIT_S


def main(arguments: list[str]) -> None:
    """Write the log until told to stop, or until whoever started us is gone."""
    name, path, ledger, seed = arguments
    with Path(ledger).open("ab", buffering=0) as file:
        fd = file.fileno()
        Writer(name, Path(path), fd, random.Random(f"{seed} {name}")).run()


class Writer:
    """
    Writes records and obeys commands, one a line on standard input, each answered by a number.

    `pause`, `go` (also at the start), `reopen`, `cut` (the file was truncated under us), `burst N`,
    `whole` and `split` (whether records of several lines may be written in pieces). Commands are
    obeyed between records only; the answer is the number of the next record.
    """

    def __init__(self, name: str, path: Path, ledger_fd: int, chance: random.Random) -> None:
        self._name = name.encode()
        self._spec: LogSpec = LOGS[name]
        self._path = path
        self._ledger_fd = ledger_fd  # not owned
        self._chance = chance
        self._number = self._generation = 0
        self._due = 0.0
        self._paused, self._stopped, self._whole = True, False, False
        self._commands = b""
        self._fd = self._open()  # closed by run()
        self._inode = os.fstat(self._fd).st_ino

    def run(self) -> None:
        """Write at the log's own pace."""
        before_s = time.monotonic()
        while not self._stopped:
            self._obey(None if self._paused else _TICK_S)
            now_s = time.monotonic()
            if not self._paused:
                self._due += self._spec.lines_per_s * min(now_s - before_s, 1)
                self._write_due()
            before_s = now_s
        os.close(self._fd)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | self._spec.append * os.O_APPEND
        return os.open(self._path, flags, 0o644)

    def _obey(self, wait_s: float | None) -> None:
        if not select.select([sys.stdin], [], [], wait_s)[0]:
            return
        raw = os.read(sys.stdin.fileno(), 4096)
        if not raw:
            self._stopped = True
        *commands, self._commands = (self._commands + raw).split(b"\n")
        for command in commands:
            self._do(command.decode().split())

    def _do(self, words: list[str]) -> None:
        match words[0]:
            case "pause" | "go":
                self._paused = words[0] == "pause"
            case "reopen":
                os.close(self._fd)
                self._fd = self._open()
                self._begin_generation()
            case "cut":
                self._begin_generation()
            case "burst":
                self._due += int(words[1])
            case "whole" | "split":
                self._whole = words[0] == "whole"
        os.write(1, b"%d\n" % self._number)

    def _begin_generation(self) -> None:
        self._generation += 1
        self._inode = os.fstat(self._fd).st_ino

    def _write_due(self) -> None:
        count = min(int(self._due), _MOST_AT_ONCE)
        if count:
            self._due -= count
            self._write(self._records(count))

    def _records(self, count: int) -> list[Record]:
        form, stamps = FORMS[self._spec.form], _stamps()
        numbers = range(self._number, self._number + count)
        return [form(draw(self._name, n, self._spec.long_every), stamps) for n in numbers]

    def _write(self, records: list[Record]) -> None:
        """Write them at once, or the last one in two pieces, with or without a pause between."""
        raw = b"".join(record.raw for record in records)
        last = records[-1]
        cut = len(raw)
        dice = self._chance.random()
        if dice < 0.4 and not (self._whole and last.lines > 1):
            cut -= self._chance.randrange(1, len(last.raw))
        start = self._put(raw[:cut])
        first_ns = time.monotonic_ns()
        if cut < len(raw):
            if dice < 0.2:
                time.sleep(self._chance.random() * _LONGEST_PAUSE_S)
            self._put(raw[cut:])
        self._note(records, start, first_ns)

    def _put(self, raw: bytes) -> int:
        """Write all of it; where in the file it begins."""
        left = raw
        while left:
            left = left[os.write(self._fd, left) :]
        return os.lseek(self._fd, 0, os.SEEK_CUR) - len(raw)

    def _note(self, records: list[Record], offset: int, first_ns: int) -> None:
        rows = []
        for record in records:
            written_ns = time.monotonic_ns() if record is records[-1] else first_ns
            place = Place(offset, self._inode, self._generation)
            rows.append(_row(record, place, written_ns))
            offset += len(record.raw)
        self._number += len(records)
        os.write(self._ledger_fd, packed(rows))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands."""

    offset: int
    inode: int
    generation: int


def _row(record: Record, place: Place, written_ns: int) -> Row:
    return Row(
        written_ns,
        place.offset,
        place.inode,
        place.generation,
        len(record.raw),
        record.lines,
        record.status,
        record.size,
        record.outcome,
    )


def _stamps() -> Stamps:
    now = time.gmtime()
    return Stamps(
        time.strftime("%d/%b/%Y:%H:%M:%S +0000", now).encode(),
        time.strftime("%Y/%m/%d %H:%M:%S", now).encode(),
        time.strftime("%Y-%m-%d %H:%M:%S,000", now).encode(),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
