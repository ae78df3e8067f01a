"""Starts the ranks of a tool on this machine, merges what they say, and ends those that hang."""

from __future__ import annotations

import os
import socket
from typing import Callable, Iterator, Mapping, Sequence

from diagnostics.ranks.alarm import Alarm
from diagnostics.ranks.failures import RanksFailed, RanksSilent, RanksStopped
from diagnostics.ranks.rank import BACKEND, Rank
from diagnostics.ranks.team import Said, Team

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
    is_forked: bool = False,
) -> Iterator[Said]:
    """Yield what the ranks say until all have done their work; none is left afterwards.

    `worker` is `package.module:function`, called as `function(me: Rank, arguments)`. `environ` is
    added to our own; `on_start` is told the pids, in the order of the ranks, and once more when
    the port was taken in the meantime. `is_forked`: the ranks are on the CPU, and this process has
    imported torch and done nothing with it yet: see `forked`. Raises RanksFailed, RanksSilent, and
    RanksStopped when this process gets SIGINT or SIGTERM.
    """
    words = [worker, *arguments]
    with Alarm() as alarm:
        for port in [first_port] + [None] * PORT_TRIES:
            names = _environ(world_size, backend, port or find_free_port(), environ or {})
            team = Team(words, names, alarm.reader, silence_limit_s, is_forked=is_forked)
            with team:
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


def _environ(world_size: int, backend: str, port: int, extra: Mapping[str, str]) -> dict[str, str]:
    names = {
        "WORLD_SIZE": str(world_size),
        "LOCAL_WORLD_SIZE": str(world_size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        BACKEND: backend,
    }
    return {"OMP_NUM_THREADS": "1", **os.environ, **extra, **names}
