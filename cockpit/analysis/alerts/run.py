"""What is noticed of a run as a whole: idle GPUs, slow data, a straggler, a hang."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunSigns:
    """What the supervisor knows of its run at one moment."""

    gpu_ranks: Mapping[str, int | None]
    """The UUID of each of its GPUs to the rank that runs there; None: no rank is seen there."""
    attempt_started: float
    """Epoch seconds."""
    last_progress: float
    """When log, results or checkpoint changed last, epoch seconds."""
    longest_silence_s: float
    """The longest usual pause between such signs so far."""
    checkpoints: tuple[float, ...]
    """When the checkpoint was seen to change, oldest first."""
    cpu_count: int
    worker_count: int
    """Data-loader workers that are alive."""
