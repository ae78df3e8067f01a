"""What a memory sweep says besides its rows: limit, chosen batch, growth by sample. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.tool_runs.events import Row
from cockpit.tool_runs.result import ToolResult

TABLE: Final = "memory"
LARGEST: Final = "memory.largest_batch"
"""The measurement that is the answer; one for each image size."""
VERIFICATION: Final = "verification"
SYNTHETIC: Final = "synthetic"
FAR: Final = 1.5
"""Two batches this far apart give a slope that a step of the allocator does not spoil."""
_USED: Final = ("driver_used_bytes", "reserved_bytes", "allocated_bytes", "peak_rss_bytes")
"""What counts against the limit, where it is known: best first."""


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """What the picture and the text of a memory sweep say besides the rows."""

    is_host: bool
    """It was the memory of the host, for a CPU."""
    limit_bytes: float | None
    chosen: int | None
    """The batch to take."""
    chosen_bytes: float | None
    """Its peak, as the finding tells it: of the run that verified it, where there was one."""
    model: str
    """What was trained, in words; empty where it was not told."""
    slope_bytes: float | None
    """What one more sample takes beyond the largest batch that was measured."""

    @property
    def whose(self) -> str:
        """Return `GPU memory` or `host memory`."""
        return "host memory" if self.is_host else "GPU memory"


def memory_facts(result: ToolResult) -> MemoryFacts:
    """Return what a memory sweep says."""
    chosen = _chosen(result)
    return MemoryFacts(
        is_host=is_on_host(result),
        limit_bytes=result.value("memory.limit"),
        chosen=chosen,
        chosen_bytes=None if chosen is None else _peak(result, chosen),
        model=model_words(result),
        slope_bytes=_slope(result.tables.get(TABLE, ())),
    )


def model_words(result: ToolResult) -> str:
    """Return what was trained: `yolo11n.yaml`, `synthetic (a stand-in, not your model)`."""
    rows = result.tables.get(TABLE, ())
    if not rows or "model" not in rows[0].values:
        return ""
    name = rows[0].values["model"]
    if name is None:
        return "the preset's own command"
    is_ours = str(name).split(":")[0] == SYNTHETIC
    return f"{name} (a stand-in, not your model)" if is_ours else str(name)


def is_on_host(result: ToolResult) -> bool:
    """Say whether it was the memory of a host: by what the tool says, else by what it lacks."""
    rows = [row.values for row in result.tables.get(TABLE, ())]
    told = [row.get("kind") for row in rows]
    told += [one.labels.get("memory_kind") for one in result.measurements]
    kinds = [str(kind) for kind in told if kind]
    if kinds:
        return kinds[-1].startswith("host")
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


def _chosen(result: ToolResult) -> int | None:
    """Return the batch to take; None where there is none, or one by image size."""
    found = [one.value for one in result.measurements if one.name == LARGEST]
    return int(found[0]) if len(found) == 1 and found[0] is not None else None


def _peak(result: ToolResult, batch: int) -> float | None:
    tables = (result.tables.get(name, ()) for name in (VERIFICATION, TABLE))
    rows = [row for table in tables for row in table if row.values.get("batch") == batch]
    return next((used for row in rows if (used := used_bytes(row)) is not None), None)


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
