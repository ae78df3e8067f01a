"""One attempt of a run: what it is to be, and what run.json says of the first."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.record import RunRecord

if TYPE_CHECKING:
    from cockpit.launch.resuming import ResumePoint


@dataclass(frozen=True, slots=True)
class Wish:
    """What another attempt of a run is to be."""

    number: int
    reason: str
    changes: Mapping[str, str] = field(default_factory=dict)
    """Dotted preset keys that differ from what was asked at first, and their texts."""
    resume: ResumePoint | None = None
    """Where it continues; None: it starts anew."""
    shares: bool = False


def first_attempt(record: RunRecord) -> AttemptRecord:
    """Return the attempt that run.json describes: exactly what was shown before the launch."""
    return AttemptRecord(
        attempt=1,
        time=round(time.time(), 3),
        reason="launched",
        argv=record.argv,
        env=record.env,
        unset=record.unset,
        cwd=record.cwd,
        gpus=record.gpus,
        gpu_uuids=record.gpu_uuids,
        gpu_names=record.gpu_names,
        world_size=record.world_size,
        python=record.python,
        port=record.port,
        epochs=record.epochs,
        batch_per_rank=record.batch_per_rank,
        global_batch=record.global_batch,
    )
