"""Who belongs to a run: the tree below a process, and those that carry the run's mark."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.processes.identity import ProcessIdentity, ProcessStat, boot_id, read_stat

MOST_LOOKS: Final = 20
"""On a machine where something ends all the time the looking ends, too."""


@dataclass(frozen=True, slots=True)
class ProcessDetail:
    """One process of a run as it was when first seen."""

    identity: ProcessIdentity
    ppid: int
    argv: tuple[str, ...]
    environment: dict[str, str]
    """Empty where the kernel refuses to show it."""

    @property
    def rank(self) -> int | None:
        """The global rank, where the environment tells it."""
        return _as_int(self.environment.get("RANK"))

    @property
    def local_rank(self) -> int | None:
        """The rank within this node, where the environment tells it."""
        return _as_int(self.environment.get("LOCAL_RANK"))


def read_processes() -> dict[int, ProcessStat]:
    """Return every process of this machine by pid."""
    found = {}
    for pid in _pids():
        stat = read_stat(pid)
        if stat is not None:
            found[pid] = stat
    return found


def find_descendants(
    root_pid: int, processes: dict[int, ProcessStat] | None = None
) -> list[ProcessStat]:
    """Return all living descendants of `root_pid`, parents before children, without itself."""
    known = read_processes() if processes is None else processes
    children: defaultdict[int, list[ProcessStat]] = defaultdict(list)
    for stat in known.values():
        children[stat.ppid].append(stat)
    found: list[ProcessStat] = []
    waiting = [root_pid]
    while waiting:
        for stat in children.pop(waiting.pop(0), []):
            found.append(stat)
            waiting.append(stat.pid)
    return [stat for stat in found if not stat.is_ended]


def find_marked(
    marks: Mapping[str, str], meet: Callable[[ProcessIdentity], object] | None = None
) -> list[ProcessIdentity]:
    """Return the living processes whose environment holds all `marks`, this one left out.

    A process may end between the listing and the look at it, and its child, born after the
    listing, be missed: whoever is not found is looked for until nobody ended meanwhile. `meet`
    is called with each at once, for what would be gone when the list is complete.
    """
    wanted = {f"{name}={value}".encode() for name, value in marks.items()}
    ended: set[int] = set()
    for _ in range(MOST_LOOKS):
        found, ended_now = _look_for(wanted, meet)
        if found or ended_now <= ended:
            return found
        ended = ended_now
    return found


def _look_for(
    wanted: set[bytes], meet: Callable[[ProcessIdentity], object] | None
) -> tuple[list[ProcessIdentity], set[int]]:
    """Return who bears the marks, and the pids that were listed and then found ended."""
    found, ended = [], set()
    for pid in sorted(_pids(), reverse=True):  # the youngest may be gone first
        if pid == os.getpid():
            continue
        environment = _read_bytes(pid, "environ")
        if environment and not wanted <= set(environment.split(b"\0")):
            continue
        stat = read_stat(pid)
        if stat is None or stat.is_ended:
            ended.add(pid)
        elif environment:
            found.append(ProcessIdentity(pid, stat.start_ticks, boot_id()))
            if meet is not None:
                meet(found[-1])
    return found, ended


def describe(stat: ProcessStat) -> ProcessDetail:
    """Return the command line and environment of a process that was found."""
    words = _read_bytes(stat.pid, "cmdline").decode("utf-8", "replace").split("\0")
    pairs = _read_bytes(stat.pid, "environ").decode("utf-8", "replace").split("\0")
    environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    identity = ProcessIdentity(stat.pid, stat.start_ticks, boot_id())
    return ProcessDetail(identity, stat.ppid, tuple(word for word in words if word), environment)


def _pids() -> Iterator[int]:
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield int(entry.name)


def _read_bytes(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _as_int(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None
