"""Starts the ranks of a tool on this machine, merges what they say, and ends those that hang."""

from __future__ import annotations

import os
import signal
import socket
import threading
from typing import Any, Callable, Iterator, Mapping, Sequence

from diagnostics.rank import BACKEND, Rank
from diagnostics.rank_failures import RanksFailed, RanksSilent, RanksStopped
from diagnostics.rank_team import Said, Team

__all__ = ["Rank", "RanksFailed", "RanksSilent", "RanksStopped", "Said", "run_ranks"]

PORT_TRIES = 5
PORT_TAKEN = ("EADDRINUSE", "address already in use")


def run_ranks(
    worker: str,
    arguments: Sequence[str],
    world_size: int,
    backend: str,
    silence_limit_s: float,
    *,
    environ: Mapping[str, str] | None = None,
    on_start: Callable[[list[int]], None] | None = None,
    first_port: int | None = None,
) -> Iterator[Said]:
    """Yield what the ranks say until all have done their work; none is left afterwards.

    `worker` is `package.module:function`, called as `function(me: Rank, arguments)`. `environ` is
    added to our own; `on_start` is told the pids, in the order of the ranks, and once more when
    the port was taken in the meantime. Raises RanksFailed, RanksSilent, and RanksStopped when this
    process gets SIGINT or SIGTERM.
    """
    words = [worker, *arguments]
    with _Alarm() as alarm:
        for port in [first_port] + [None] * PORT_TRIES:
            names = _environ(world_size, backend, port or find_free_port(), environ or {})
            with Team(words, names, alarm.reader, silence_limit_s) as team:
                if on_start is not None:
                    on_start([member.process.pid for member in team.members])
                try:
                    yield from team.listen()
                    return
                except RanksFailed as error:
                    is_taken = any(words in error.error for words in PORT_TAKEN)
                    if not is_taken or team.has_started:
                        raise
        raise OSError(f"no free port on 127.0.0.1 in {PORT_TRIES + 1} tries")


def find_free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Alarm:
    """Turns SIGINT and SIGTERM into a byte that a selector sees, so that no event line is cut."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self._handlers: dict[int, Any] = {}
        self._wakeup = -1

    def __enter__(self) -> _Alarm:
        # Only the main thread may set handlers; elsewhere the owner of the process decides.
        if threading.current_thread() is threading.main_thread():
            os.set_blocking(self._writer, False)
            self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._handlers:
            signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self.reader)
        os.close(self._writer)


def _environ(world_size: int, backend: str, port: int, extra: Mapping[str, str]) -> dict[str, str]:
    names = {
        "WORLD_SIZE": str(world_size),
        "LOCAL_WORLD_SIZE": str(world_size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        BACKEND: backend,
    }
    return {"OMP_NUM_THREADS": "1", **os.environ, **extra, **names}
