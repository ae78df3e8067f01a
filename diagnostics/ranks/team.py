"""The ranks of one tool as their parent sees them: started, listened to, ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, Iterator, Mapping, NamedTuple

from diagnostics.own_process import own_command, start_group
from diagnostics.ranks.failures import RanksFailed, RanksSilent, RanksStopped, signal_name
from diagnostics.ranks.forked import Forked
from diagnostics.ranks.rank import ARRIVED, BROKE, DONE, PIPE, SAID, STARTED

START_LIMIT_S = 120.0
"""Importing torch from a cold network disk takes tens of seconds."""
GRACE_S = 1.0
"""A rank has nothing to save: so long after SIGTERM it is killed."""
SETTLE_S = 1.0
"""When one rank broke, so long are the others watched: the first to be seen is not the cause."""
LEAVE_S = 10.0
"""So long may ranks take to leave the group after their work is done."""
STDERR_LINES = 20
POURED_BYTES = 1 << 20
"""At most so much of what a rank printed is passed on to stderr."""

LOST_PEER = ("closed by peer", "reset by peer", "broken pipe", "remote process", "peer closed")
"""What a rank says when another one is gone: it is not the cause."""


class Said(NamedTuple):
    """What one rank told its parent."""

    rank: int
    fields: dict[str, Any]


class Member:
    """One rank as its parent sees it."""

    process: subprocess.Popen[bytes] | Forked

    def __init__(
        self, rank: int, words: list[str], environ: Mapping[str, str], *, is_forked: bool
    ) -> None:
        self.rank = rank
        self.marks: list[str] = []
        self.error = ""
        self.is_done = False
        self.printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the team
        self.pipe, theirs = os.pipe()
        self._rest = b""
        names = {"RANK": str(rank), "LOCAL_RANK": str(rank), PIPE: str(theirs)}
        start = Forked if is_forked else _start
        try:
            self.process = start(words, {**environ, **names}, self.printed, theirs)
        finally:
            os.close(theirs)

    def read(self) -> list[dict[str, Any]] | None:
        """Return the whole lines that have come, or None when the rank has closed its pipe."""
        chunk = os.read(self.pipe, 1 << 16)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [json.loads(line) for line in lines] if chunk else None

    def exit_code(self) -> int | None:
        """Return its exit code, negative for a signal, or None while it runs.

        It is not reaped: as long as it is a zombie, its process group is surely its own.
        """
        with contextlib.suppress(ChildProcessError):
            flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
            end = os.waitid(os.P_PID, self.process.pid, flags)
            if end is None:
                return None
            return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
        return self.process.returncode

    def signal(self, number: int) -> None:
        """Send a signal to it and to its children, such as DataLoader workers."""
        if self.process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, number)

    def close(self) -> None:
        """Reap it, and let go of its files."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE_S)
        self.printed.close()
        os.close(self.pipe)
        if self.process.stdin is not None:
            self.process.stdin.close()

    def is_frozen(self) -> bool:
        """Say whether the kernel has stopped it (SIGSTOP, Ctrl-Z)."""
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{self.process.pid}/stat").read_text(errors="replace")
            return stat.rpartition(")")[2].split()[0] in ("T", "t")
        return False

    def read_printed(self) -> str:
        """Return the end of what it printed on stdout and stderr."""
        size = self.printed.seek(0, os.SEEK_END)
        self.printed.seek(max(0, size - POURED_BYTES))
        return self.printed.read().decode("utf-8", "replace")


class Team:
    """The ranks of one attempt; leaving the context ends them all."""

    def __init__(
        self,
        words: list[str],
        environ: Mapping[str, str],
        alarm: int,
        limit_s: float,
        *,
        is_forked: bool = False,
    ) -> None:
        self.members: list[Member] = []
        self._words = words
        self._environ = environ
        self._alarm = alarm
        self._limit_s = limit_s
        self._is_forked = is_forked
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Team:
        try:
            self._selector.register(self._alarm, selectors.EVENT_READ)
            for rank in range(int(self._environ["WORLD_SIZE"])):
                member = Member(rank, self._words, self._environ, is_forked=self._is_forked)
                self.members.append(member)
                self._selector.register(member.pipe, selectors.EVENT_READ, member)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for number, patience_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
            for member in self.members:
                member.signal(number)
            self._wait(patience_s)
        self._pour(sys.stderr)
        for member in self.members:
            member.close()
        self._selector.close()

    @property
    def has_started(self) -> bool:
        """Whether every rank has joined the group."""
        return all(STARTED in member.marks for member in self.members)

    def listen(self) -> Iterator[Said]:
        """Yield what is said until every rank is done."""
        heard_s = time.monotonic()
        while not all(member.is_done for member in self.members):
            limit_s = self._limit_s if self.has_started else max(self._limit_s, START_LIMIT_S)
            ready = self._selector.select(max(0.0, heard_s + limit_s - time.monotonic()))
            if not ready:
                raise self._silent(limit_s)
            for key, _ in ready:
                if key.data is None:
                    raise RanksStopped(signal_name(os.read(self._alarm, 1)[0]))
                yield from self._hear(key.data)
            heard_s = time.monotonic()
        self._wait(LEAVE_S)

    def _pour(self, out: IO[str]) -> None:
        """Pass on what the ranks printed, each line with its rank; a full disk is no matter."""
        with contextlib.suppress(OSError):
            for member in self.members:
                for line in member.read_printed().splitlines():
                    out.write(f"[rank{member.rank}]: {line}\n")
            out.flush()

    def _hear(self, member: Member) -> Iterator[Said]:
        messages = member.read()
        if messages is None:
            self._selector.unregister(member.pipe)
            if not member.is_done:
                raise self._failed()
            return
        for message in messages:
            if SAID in message:
                yield Said(member.rank, message[SAID])
            elif ARRIVED in message:
                member.marks.append(message[ARRIVED])
            elif BROKE in message:
                member.error = message[BROKE]
                raise self._failed()
            member.is_done = member.is_done or DONE in message

    def _silent(self, limit_s: float) -> RanksSilent:
        furthest = max(self.members, key=lambda member: len(member.marks))
        arrived: list[int] = []
        missing: list[int] = []
        for member in self.members:
            is_behind = len(member.marks) < len(furthest.marks) or member.is_frozen()
            (missing if is_behind else arrived).append(member.rank)
        what = furthest.marks[-1] if furthest.marks else "starting Python"
        return RanksSilent(what, arrived, missing, limit_s)

    def _failed(self) -> RanksFailed:
        """Return the cause: who was killed before who raised, who raised before who lost a peer."""
        deadline_s = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline_s and not any(map(_was_killed, self.members)):
            for member in self.members:
                self._drain(member)
            time.sleep(0.02)
        ended = [member for member in self.members if member.error or member.exit_code()]
        cause = min(ended or self.members, key=_blame)
        lines = cause.read_printed().splitlines()[-STDERR_LINES:]
        code = cause.exit_code()
        return RanksFailed(cause.rank, cause.process.pid, code, cause.error, lines)

    def _drain(self, member: Member) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(member.pipe, selectors.EVENT_READ)
            if selector.select(0):
                for message in member.read() or []:
                    member.error = member.error or message.get(BROKE) or ""

    def _wait(self, patience_s: float) -> None:
        deadline_s = time.monotonic() + patience_s
        while time.monotonic() < deadline_s:
            if all(member.exit_code() is not None for member in self.members):
                return
            time.sleep(0.01)


def _start(
    words: list[str], environ: Mapping[str, str], printed: IO[bytes], pipe: int
) -> subprocess.Popen[bytes]:
    return start_group(own_command("diagnostics.ranks.rank", words), environ, printed, pipe)


def _blame(member: Member) -> tuple[bool, bool, bool]:
    lost = any(words in member.error.lower() for words in LOST_PEER)
    return not _was_killed(member), lost, not member.error


def _was_killed(member: Member) -> bool:
    code = member.exit_code()
    return code is not None and code < 0
