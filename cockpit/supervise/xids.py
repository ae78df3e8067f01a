"""What the driver reports of a run's GPUs by itself: each report becomes an event, once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from cockpit.analysis.xid import explain_xid
from cockpit.devices.sample import EventKind, GpuEvent
from cockpit.supervise.journal import Journal

MOST_KNOWN: Final = 1024
"""A feed shows its last reports again and again; so many are told from new ones."""


class Xids:
    """The Xids of one attempt."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: deque[GpuEvent] = deque(maxlen=MOST_KNOWN)

    def take(self, events: Iterable[GpuEvent], gpu_ranks: Mapping[str, int | None]) -> None:
        """Write what is new."""
        for event in events:
            if event.kind is EventKind.XID and event not in self._known:
                self._known.append(event)
                self._write(event, gpu_ranks.get(event.gpu_uuid))

    def _write(self, event: GpuEvent, rank: int | None) -> None:
        xid = explain_xid(event.code)
        where = f"GPU {event.gpu_index}" + ("" if rank is None else f", rank {rank}")
        self._journal.event(
            "xid",
            f"Xid {xid.code} on {where}: {xid.meaning}",
            code=xid.code,
            gpu=event.gpu_index,
            gpu_uuid=event.gpu_uuid,
            rank=rank,
            heard=round(event.time, 3),
            meaning=xid.meaning,
            advice=xid.advice.replace("{gpu}", str(event.gpu_index)),
        )
