"""What the processes of a run take from their host, from one line of /proc for each."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.record import ProcessRecord
from cockpit.runs.usage import RunUsage

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_SPAWNED: Final = ("multiprocessing.spawn", "multiprocessing.forkserver")
"""How the command line of a worker reads that was not forked."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process has taken so far."""

    cpu_ticks: int
    memory_bytes: int


class UsageMeter:
    """Measures a run again and again; what a process took before the first look does not count."""

    def __init__(self) -> None:
        self._before: dict[ProcessIdentity, Taken] = {}
        self._looked_s: float | None = None
        """Seconds after boot."""

    def measure(self, processes: Iterable[ProcessRecord]) -> RunUsage:
        """Return what the living of `processes` take together."""
        records = tuple(processes)
        now_s, last_s = time.clock_gettime(time.CLOCK_BOOTTIME), self._looked_s
        found = {one.identity: taken for one in records if (taken := read_taken(one.identity))}
        workers = loader_workers(records) & found.keys()
        cores = worker_cores = None
        if last_s is not None and now_s > last_s:
            cores = self._ticks(found, last_s) / _TICKS_PER_S / (now_s - last_s)
            worker_cores = self._ticks(found, last_s, workers) / _TICKS_PER_S / (now_s - last_s)
        self._before, self._looked_s = found, now_s
        return RunUsage(
            time=round(time.time(), 1),
            process_count=len(found),
            cpu_cores=None if cores is None else round(cores, 2),
            memory_bytes=sum(taken.memory_bytes for taken in found.values()),
            worker_count=len(workers),
            worker_cpu_cores=None if worker_cores is None else round(worker_cores, 2),
        )

    def _ticks(
        self,
        found: dict[ProcessIdentity, Taken],
        last_s: float,
        chosen: Collection[ProcessIdentity] | None = None,
    ) -> int:
        """Return the CPU time since the last look; of a process found late only what is new."""
        total = 0
        for identity in found if chosen is None else chosen:
            taken, before = found[identity], self._before.get(identity)
            if before is not None:
                total += taken.cpu_ticks - before.cpu_ticks
            elif identity.start_ticks / _TICKS_PER_S >= last_s:
                total += taken.cpu_ticks
        return total


def read_taken(identity: ProcessIdentity) -> Taken | None:
    """Return what a process took, or None when it is not there any more."""
    try:
        text = Path(f"/proc/{identity.pid}/stat").read_bytes()
    except OSError:
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    if int(fields[19]) != identity.start_ticks or fields[0] in b"ZX":
        return None
    return Taken(int(fields[11]) + int(fields[12]), int(fields[21]) * _PAGE_BYTES)


def loader_workers(processes: Collection[ProcessRecord]) -> frozenset[ProcessIdentity]:
    """Return those that a data loader started: forked from a rank or trainer, or spawned."""
    parents = {one.argv for one in processes if one.role in ("rank", "trainer")}
    return frozenset(
        one.identity for one in processes if one.role == "worker" and _is_loader(one.argv, parents)
    )


def _is_loader(argv: tuple[str, ...], parents: Collection[tuple[str, ...]]) -> bool:
    return argv in parents or any(mark in word for word in argv for mark in _SPAWNED)
