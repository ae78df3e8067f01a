"""A program in a pseudo-terminal, with the screen as a person would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

import psutil  # type: ignore[import-untyped]  # it ships no types
import pyte

PATIENCE_S: Final = 15.0
TRUE_COLOUR: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
COLOURS_256: Final = {"TERM": "xterm-256color", "COLORTERM": ""}

ANSWERS: Final = {b"\x1b[c": b"\x1b[?6c", b"\x1b[6n": b"\x1b[1;1R"}
"""What a terminal says when it is asked what it is, and where its cursor stands."""

Screen = Sequence[str]


class _AnsweringScreen(pyte.Screen):  # type: ignore[misc]  # pyte ships no types
    """A screen that says what kind of terminal it is: some programs wait for that."""

    def __init__(self, columns: int, rows: int, fd: int) -> None:
        super().__init__(columns, rows)
        self._fd = fd

    def write_process_input(self, data: str) -> None:
        """Send an answer to the program."""
        os.write(self._fd, data.encode())


class Terminal:
    """One program in a terminal of its own; ended when left."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], rows: int, columns: int
    ) -> None:
        self.began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], list(argv), dict(env))
        self._set_size(rows, columns)
        self._screen = _AnsweringScreen(columns, rows, self._fd)
        self._stream = pyte.ByteStream(self._screen)
        self.received = 0
        """Bytes that the program wrote so far."""
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the program and what it started."""
        for process in reversed(self.processes()):
            process.kill()
        if self._is_open:
            os.close(self._fd)
        try:
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            return

    @property
    def screen(self) -> Screen:
        """The lines that are shown."""
        return self._screen.display

    def read_for(self, seconds: float) -> None:
        """Take in what the program writes, for so long."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0 and self._is_open:
            self._read(left)

    def wait_for(
        self, is_there: Callable[[Screen], bool], patience_s: float = PATIENCE_S
    ) -> float | None:
        """Return when the screen became so (perf_counter), None when patience ended."""
        end = time.perf_counter() + patience_s
        seen = time.perf_counter()
        while not is_there(self.screen):
            left = end - time.perf_counter()
            if left <= 0 or not self._is_open:
                return None
            seen = self._read(left) or seen
        return seen

    def first_seen(self, is_there: Callable[[Screen], bool], within_s: float) -> float | None:
        """Return when the screen became so, as `wait_for`; what comes is looked at only afterwards.

        To look at a large frame takes long enough to hold up the next piece of it.
        """
        pieces: list[tuple[float, bytes]] = []
        end = time.perf_counter() + within_s
        while (left := end - time.perf_counter()) > 0 and self._is_open:
            piece = self._take(left)
            if piece is not None:
                pieces.append(piece)
                for question, answer in ANSWERS.items():
                    if question in piece[1]:
                        os.write(self._fd, answer)
        seen = None
        for came, data in pieces:
            self._stream.feed(data)
            if seen is None and is_there(self.screen):
                seen = came
        return seen

    def press(self, keys: str) -> float:
        """Send keys; return when."""
        os.write(self._fd, keys.encode())
        return time.perf_counter()

    def wait_for_end(self, patience_s: float) -> float | None:
        """Return when the program ended, None when it still runs after so long."""
        end = time.perf_counter() + patience_s
        while time.perf_counter() < end:
            if self._is_open:
                self._read(0.005)
            pid, _ = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return time.perf_counter()
        return None

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size; what was on it is gone."""
        self._screen.resize(rows, columns)
        self._screen.reset()
        self._set_size(rows, columns)

    def _set_size(self, rows: int, columns: int) -> None:
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)

    def processes(self) -> list[psutil.Process]:
        """Return the program and all that it started."""
        try:
            top = psutil.Process(self.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_s(self) -> float:
        """Return the CPU seconds that all of them have used."""
        times = [process.cpu_times() for process in self.processes()]
        return float(sum(one.user + one.system for one in times))

    def resident_mib(self) -> float:
        """Return the memory that the program itself holds now, in MiB."""
        return float(psutil.Process(self.pid).memory_info().rss) / (1 << 20)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.pid, number)

    def _read(self, patience_s: float) -> float | None:
        """Take in one piece; return when it came."""
        piece = self._take(patience_s)
        if piece is None:
            return None
        came, data = piece
        self._stream.feed(data)
        return came

    def _take(self, patience_s: float) -> tuple[float, bytes] | None:
        """Return one piece and when it came."""
        if not select.select([self._fd], [], [], min(patience_s, 0.05))[0]:
            return None
        try:
            data = os.read(self._fd, 1 << 16)
        except OSError:  # Linux says so when the other side is closed
            data = b""
        came = time.perf_counter()
        if not data:
            os.close(self._fd)
            self._is_open = False
            return None
        self.received += len(data)
        return came, data
