"""What a memory sweep says besides its rows: limit, chosen batch, growth by sample, whose memory.

Pure. Each figure is taken from the measurements where it stands, and else from the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.tool_runs.events import Row
from cockpit.tool_runs.result import ToolResult

TABLE: Final = "memory"
FAR: Final = 1.5
"""Two batches this far apart give a slope that a step of the allocator does not spoil."""
_LIMITS: Final = ("memory.limit", "memory.budget", "memory.limit_bytes", "memory.total")
_CHOSEN: Final = ("memory.largest", "memory.largest_batch", "memory.chosen", "memory.batch")
_SLOPES: Final = ("memory.per_sample", "memory.slope", "memory.slope_bytes")
_USED: Final = ("driver_used_bytes", "reserved_bytes", "allocated_bytes")
"""What counts against the limit, where it is known: best first."""


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """What the picture and the text of a memory sweep say besides the rows."""

    is_host: bool
    """It was the memory of the host, for a CPU."""
    limit_bytes: float | None
    chosen: int | None
    """The batch to take."""
    slope_bytes: float | None
    """What one more sample takes beyond the largest batch that was measured."""

    @property
    def whose(self) -> str:
        """Return `GPU memory` or `host memory`."""
        return "host memory" if self.is_host else "GPU memory"


def memory_facts(result: ToolResult) -> MemoryFacts:
    """Return what a memory sweep says."""
    chosen = _first(result, _CHOSEN)
    return MemoryFacts(
        is_host=is_on_host(result),
        limit_bytes=_first(result, _LIMITS),
        chosen=None if chosen is None else int(chosen),
        slope_bytes=_first(result, _SLOPES) or _slope(result.tables.get(TABLE, ())),
    )


def is_on_host(result: ToolResult) -> bool:
    """Say whether a CPU was measured: only a device that is named a GPU, or was asked, is one."""
    told = [str(one.labels["device"]) for one in result.measurements if "device" in one.labels]
    versions = result.started.versions if result.started else {}
    told += [str(versions[name]) for name in ("device", "gpu") if versions.get(name)]
    rows = [row.values for row in result.tables.get(TABLE, ())]
    told += [str(row["device"]) for row in rows if row.get("device")]
    if told:
        return told[-1].lower().startswith("cpu")
    return not any(is_number(row.get("driver_used_bytes")) for row in rows)


def used_bytes(row: Row) -> float | None:
    """Return what a batch took as the driver sees it, else as the allocator does."""
    for column in _USED:
        value = row.values.get(column)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def is_out_of_memory(row: Row) -> bool:
    """Say whether a batch did not fit."""
    outcome = str(row.values.get("outcome") or "").lower().replace("_", " ")
    return "memory" in outcome or "oom" in outcome.split()


def is_number(value: object) -> bool:
    """Say whether a cell holds a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _first(result: ToolResult, names: Sequence[str]) -> float | None:
    values = (result.value(name) for name in names)
    return next((value for value in values if value is not None), None)


def _slope(rows: Sequence[Row]) -> float | None:
    """Return the slope at the largest batches of one image size; None for fewer than two."""
    sizes = {row.values.get("image_size") for row in rows}
    known = {
        float(batch): used
        for row in rows
        if not is_out_of_memory(row)
        and isinstance(batch := row.values.get("batch"), int | float)
        and (used := used_bytes(row)) is not None
    }
    if len(known) < 2 or len(sizes) > 1:
        return None
    *before, last = sorted(known)
    far = [batch for batch in before if batch * FAR <= last]
    start = far[-1] if far else before[0]
    return max(0.0, (known[last] - known[start]) / (last - start))
