"""Whose the processes on a GPU are and what they run: what the kernel says of the driver's pids."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from cockpit.devices.sample import GpuProcess

LONGEST_COMMAND: Final = 300
"""More of a command line nobody reads, and it is sent each second."""
RECHECK_S: Final = 5.0
"""So often it is asked whether a pid is still the same process."""
INITIAL_PID_NAMESPACE: Final = "pid:[4026531836]"
"""PROC_PID_INIT_INO of the kernel (include/linux/proc_ns.h): the host itself, no container."""
DEVICE_FILES: Final = "/dev/nvidia"


@dataclass(frozen=True, slots=True)
class Details:
    """What the kernel says of one process."""

    start_ticks: int
    user: str | None
    command: str | None
    is_visible: bool
    checked_s: float
    """Monotonic."""


class ProcessDetails:
    """Names processes; one reader thread each, as it remembers without a lock."""

    def __init__(
        self,
        proc: Path = Path("/proc"),
        *,
        is_host: bool | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._proc = proc
        self._now = now
        self._is_host = _is_host() if is_host is None else is_host
        self._known: dict[int, Details] = {}

    def named(self, processes: Iterable[GpuProcess]) -> tuple[GpuProcess, ...]:
        """Return the processes with user and command; one that is named already stays."""
        named = tuple(self._name(process) for process in processes)
        present = {process.pid for process in named}
        if len(present) < len(self._known):
            self._known = {pid: one for pid, one in self._known.items() if pid in present}
        return named

    def _name(self, process: GpuProcess) -> GpuProcess:
        if process.user is not None or process.command is not None or not process.is_visible:
            return process
        details = self._details(process.pid)
        return replace(
            process, user=details.user, command=details.command, is_visible=details.is_visible
        )

    def _details(self, pid: int) -> Details:
        known, now_s = self._known.get(pid), self._now()
        if known is not None and now_s - known.checked_s < RECHECK_S:
            return known
        found = self._look(pid, known, now_s)
        self._known[pid] = found
        return found

    def _look(self, pid: int, known: Details | None, now_s: float) -> Details:
        start_ticks = self._start_ticks(pid)
        if start_ticks is None:
            return Details(0, None, None, is_visible=_exists(pid), checked_s=now_s)
        if known is not None and known.start_ticks == start_ticks and known.command is not None:
            return replace(known, checked_s=now_s)
        if not self._is_host and self._is_somebody_else(pid):
            return Details(start_ticks, None, None, is_visible=False, checked_s=now_s)
        return Details(
            start_ticks, self._user(pid), self._command(pid), is_visible=True, checked_s=now_s
        )

    def _start_ticks(self, pid: int) -> int | None:
        """Return when a process was started; None where there is no such process."""
        if pid <= 0:
            return None
        try:
            text = (self._proc / str(pid) / "stat").read_text(errors="replace")
            return int(text[text.rfind(")") + 2 :].split()[19])
        except (OSError, ValueError, IndexError):
            return None

    def _is_somebody_else(self, pid: int) -> bool:
        """Say whether this pid of a container is surely another process than the driver means.

        The driver may tell the host's pids. Whoever uses a GPU has its device file open; of a
        process whose files we may not see, nothing is known.
        """
        try:
            files = list((self._proc / str(pid) / "fd").iterdir())
        except OSError:
            return False
        return not any(_target(file).startswith(DEVICE_FILES) for file in files)

    def _user(self, pid: int) -> str | None:
        try:
            text = (self._proc / str(pid) / "status").read_text(errors="replace")
            (line,) = (one for one in text.splitlines() if one.startswith("Uid:"))
            return _user_name(int(line.split()[2]))
        except (OSError, ValueError, IndexError):
            return None

    def _command(self, pid: int) -> str | None:
        """Return the command line; of a process that has none left, its name in brackets."""
        try:
            words = (self._proc / str(pid) / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            line = b" ".join(words).decode("utf-8", "replace")
            name = (self._proc / str(pid) / "comm").read_text(errors="replace").strip()
        except OSError:
            return None
        return line[:LONGEST_COMMAND] or f"[{name}]"


def _exists(pid: int) -> bool:
    """Say whether there is a process that only /proc hides from us (hidepid)."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _is_host() -> bool:
    """Say whether the driver's pids are surely ours: we are in no container."""
    return _target(Path("/proc/self/ns/pid")) == INITIAL_PID_NAMESPACE


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


@lru_cache(maxsize=256)
def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OSError):
        return str(uid)
