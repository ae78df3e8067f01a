"""What the processes of a run take from their host."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.runs.fields import Fields


@dataclass(frozen=True, slots=True)
class RunUsage:
    """All processes of a run together, over the seconds before `time`."""

    time: float
    """Epoch seconds."""
    process_count: int
    cpu_cores: float | None
    """1.0: one core is busy all the time; None at the first look."""
    memory_bytes: int | None
    """Resident memory; pages that processes share count once for each of them."""
    worker_count: int = 0
    """Processes below a rank, as a data loader starts them."""
    worker_cpu_cores: float | None = None


def parse_usage(fields: Fields) -> RunUsage | None:
    """Return the usage in a JSON object, or None where it is none."""
    moment, process_count = fields.number("time"), fields.integer("process_count")
    if moment is None or process_count is None:
        return None
    return RunUsage(
        time=moment,
        process_count=process_count,
        cpu_cores=fields.number("cpu_cores"),
        memory_bytes=fields.integer("memory_bytes"),
        worker_count=fields.integer("worker_count") or 0,
        worker_cpu_cores=fields.number("worker_cpu_cores"),
    )
