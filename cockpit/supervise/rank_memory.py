"""How much of the host's memory one rank of a run on the processor takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cockpit.runs.record import ProcessRecord
from cockpit.supervise.probe_gauge import read_fields, shared_bytes

RISEN: Final = 1.02
"""What is shared is asked of the kernel when the peak rose by so much: of a large process it takes
a while."""


class RankMemory:
    """The most that a rank has held so far, as the kernel remembers it for each process.

    The workers of its data loader belong to it; what processes share is divided among them.
    """

    def __init__(self) -> None:
        self._highest: dict[int | None, int] = {}
        self.peak_bytes: int | None = None
        """Of the rank that took most; None before the first look."""

    def look(self, processes: Iterable[ProcessRecord]) -> None:
        """Take what the living of `processes` hold; a launcher is no rank."""
        groups: dict[int | None, list[int]] = defaultdict(list)
        for one in processes:
            if one.role != "launcher":
                groups[one.rank].append(one.identity.pid)
        if len(groups) > 1:
            groups.pop(None, None)  # what no rank started
        for rank, pids in groups.items():
            self._take(rank, pids)

    def _take(self, rank: int | None, pids: Iterable[int]) -> None:
        fields = {pid: read_fields(Path(f"/proc/{pid}/status")) for pid in pids}
        highest = sum(one.get("VmHWM", 0) for one in fields.values())
        if highest <= RISEN * self._highest.get(rank, 0):
            return
        self._highest[rank] = highest
        own = highest - sum(shared_bytes(pid, one) for pid, one in fields.items())
        self.peak_bytes = max(self.peak_bytes or 0, own)
