"""Which process is meant: a pid alone is recycled, (boot id, pid, start time) is not."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process of one boot of one host."""

    pid: int
    start_ticks: int
    """Field 22 of /proc/<pid>/stat: clock ticks after boot."""
    boot_id: str


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """What /proc/<pid>/stat says."""

    pid: int
    ppid: int
    state: str
    """R, S, D, Z, T, X …"""
    start_ticks: int

    @property
    def is_ended(self) -> bool:
        """True for a zombie: it holds nothing and runs nothing any more."""
        return self.state in "ZX"


@cache
def boot_id() -> str:
    """Return the kernel's name for this boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def read_stat(pid: int) -> ProcessStat | None:
    """Return the state of a process, or None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[
        text.rfind(")") + 2 :
    ].split()  # the name in brackets may hold spaces and brackets
    return ProcessStat(pid, ppid=int(fields[1]), state=fields[0], start_ticks=int(fields[19]))


def start_time_s(process: ProcessIdentity) -> float | None:
    """Return when a process of this boot was started, epoch seconds; None for another boot's."""
    if process.boot_id != boot_id():
        return None
    began = boot_time_s()
    return None if began is None else began + process.start_ticks / os.sysconf("SC_CLK_TCK")


@cache
def boot_time_s() -> float | None:
    """Return when this machine was started, epoch seconds."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return None
    return next((float(line.split()[1]) for line in lines if line.startswith("btime ")), None)


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a process that runs now, or None."""
    stat = read_stat(pid)
    return ProcessIdentity(pid, stat.start_ticks, boot_id()) if stat else None


def is_alive(process: ProcessIdentity) -> bool:
    """Say whether this very process still runs; a zombie or a reused pid does not count."""
    if process.boot_id != boot_id():
        return False
    stat = read_stat(process.pid)
    return stat is not None and stat.start_ticks == process.start_ticks and not stat.is_ended


def send(process: ProcessIdentity, number: signal.Signals) -> bool:
    """Signal this very process through a pidfd, so that a reused pid is never hit."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        return False
    try:
        if not is_alive(process):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
