"""What the result of a tool tells estimates: one calibration, for `memory` one an image size. Pure.

What a tool measured before it was stopped counts as well, where it says something by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from cockpit.calibrations.calibration import Calibration, Kind, MemoryMeasured, ScalingPoint
from cockpit.tool_runs.events import Cell, Label, Measurement
from cockpit.tool_runs.result import ToolAsked, ToolResult

FAR: Final = 1.5
"""Two batches this far apart give a slope that a step of the allocator does not spoil."""
SOUND: Final = 0.95
"""The memory of a smaller batch, times this, a larger one takes at least."""
GPU_BACKEND: Final = "nccl"
USED: Final = ("driver_used_bytes", "peak_rss_bytes", "allocated_bytes")
"""What a batch took, the driver's word first; a host has only the second."""
GPU_MEMORY: Final = "gpu"
"""What `memory` calls the kind of it that is not the host's."""


@dataclass(frozen=True, slots=True)
class ToolMachine:
    """Where a tool ran."""

    host: str
    cpu: str
    """As `this_device.cpu_name` tells it."""
    gpu_names: tuple[str, ...] = ()
    """Of real GPUs, as the driver names them; empty where nobody knows."""


def calibrations_of_tool(
    asked: ToolAsked, result: ToolResult, machine: ToolMachine, calibration_id: str
) -> tuple[Calibration, ...]:
    """Return what a result tells; empty for other tools, and where the GPU's name is not known."""
    match result.tool:
        case Kind.SCALING:
            found = _scaling(asked, result, machine, calibration_id)
        case Kind.STEPTIME:
            found = _steptime(asked, result, machine, calibration_id)
        case Kind.MEMORY:
            return _memory(asked, result, machine, calibration_id)
        case _:
            return ()
    return () if found is None else (found,)


def _scaling(
    asked: ToolAsked, result: ToolResult, machine: ToolMachine, calibration_id: str
) -> Calibration | None:
    rows = [
        row.values for row in result.tables.get("scaling", ()) if row.values.get("method") == "ddp"
    ]
    # One batch for each rank is what a training does; a shared one, where that was not measured.
    mode = "weak" if any(row.get("mode") == "weak" for row in rows) else "strong"
    points = []
    for row in rows:
        ranks, batch = _count(row.get("world_size")), _count(row.get("batch_per_rank"))
        speed = _number(row.get("samples_per_s"))
        if row.get("mode") == mode and ranks and batch and speed:
            points.append(ScalingPoint(ranks, batch, speed))
    head = _head(asked, result, machine, calibration_id, Kind.SCALING)
    if not points or head is None:
        return None
    last = max(points, key=lambda one: one.world_size)
    return replace(
        head,
        batch_per_rank=last.batch_per_rank,
        world_size=last.world_size,
        points=tuple(sorted(points, key=lambda one: one.world_size)),
    )


def _steptime(
    asked: ToolAsked, result: ToolResult, machine: ToolMachine, calibration_id: str
) -> Calibration | None:
    step = _last(result, "steptime.step_time")
    head = _head(asked, result, machine, calibration_id, Kind.STEPTIME)
    if step is None or not step.value or head is None:
        return None
    batch, ranks = _count(step.labels.get("batch_per_rank")), _count(step.labels.get("world_size"))
    return replace(head, batch_per_rank=batch, world_size=ranks, step_s=step.value / 1e3)


def _head(
    asked: ToolAsked, result: ToolResult, machine: ToolMachine, calibration_id: str, kind: Kind
) -> Calibration | None:
    """Return what was trained and on what; None: the tool did not come so far as to say it."""
    setup = _last(result, f"{kind}.blocks")
    if setup is None:
        return None
    labels = setup.labels
    device = machine.cpu
    if labels.get("backend") == GPU_BACKEND:
        device = _gpu_name(machine, asked.values.get("gpus", ""))
    if not device:
        return None
    return Calibration(
        calibration_id,
        kind,
        asked.time_s,
        machine.host,
        device,
        preset=preset_name(asked),
        model=_text(labels.get("model")),
        imgsz=_count(labels.get("image_size")),
    )


def _memory(
    asked: ToolAsked, result: ToolResult, machine: ToolMachine, calibration_id: str
) -> tuple[Calibration, ...]:
    """Return a calibration for each image size; further ones have it in their id."""
    ran = [
        row.values
        for table in ("memory", "verification")
        for row in result.tables.get(table, ())
        if row.values.get("outcome") == "ok"
    ]
    sizes = list(dict.fromkeys(_count(row.get("image_size")) for row in ran))
    found = []
    for number, size in enumerate(sizes):
        rows = [row for row in ran if _count(row.get("image_size")) == size]
        one = _memory_at(asked, result, machine, size, rows)
        if one is not None:
            more = f":{size}px" if number else ""
            found.append(replace(one, calibration_id=calibration_id + more))
    return tuple(found)


def _memory_at(
    asked: ToolAsked,
    result: ToolResult,
    machine: ToolMachine,
    size: int | None,
    rows: Sequence[Mapping[str, Cell]],
) -> Calibration | None:
    is_host = _text(rows[0].get("kind")) != GPU_MEMORY
    device = machine.cpu if is_host else _gpu_name(machine, asked.values.get("gpu", ""))
    peaks = _peaks(rows)
    if not peaks or not device:
        return None
    base, sample = _line(peaks)
    capacity = _count(rows[0].get("limit_bytes"))
    return Calibration(
        "",
        Kind.MEMORY,
        asked.time_s,
        machine.host,
        device,
        preset=preset_name(asked),
        model=_text(rows[0].get("model")),
        imgsz=size,
        batch_per_rank=peaks[-1][0],
        world_size=1,
        args=_args(rows[0]),
        memory=MemoryMeasured(
            is_host=is_host,
            peak_bytes=peaks[-1][1],
            base_bytes=base,
            sample_bytes=sample,
            largest_batch=_verified(result, size),
            # A limit that was given is not what the device has.
            capacity_bytes=None if asked.values.get("limit") else capacity,
            peaks=peaks,
        ),
    )


def preset_name(asked: ToolAsked) -> str | None:
    """Return the name of the preset that was asked for, by name or by its file."""
    if asked.preset is None:
        return None
    return PurePath(asked.preset).stem if asked.preset.endswith(".toml") else asked.preset


def _peaks(rows: Sequence[Mapping[str, Cell]]) -> tuple[tuple[int, int], ...]:
    """Return batch and bytes, ascending; of a batch that was measured twice the larger figure."""
    found: dict[int, int] = {}
    for row in rows:
        batch = _count(row.get("batch"))
        used = next(filter(None, (_count(row.get(name)) for name in USED)), None)
        if batch and used:
            found[batch] = max(used, found.get(batch, 0))
    # A batch that took clearly less than a smaller one was ended before it had come so far.
    return tuple(
        (batch, used)
        for batch, used in sorted(found.items())
        if used >= SOUND * max(found[one] for one in found if one <= batch)
    )


def _line(peaks: Sequence[tuple[int, int]]) -> tuple[float | None, float | None]:
    """Return bytes at batch 0 and of each sample more, by the largest batches; None for one batch.

    As the tool itself does: the larger of two slopes, of the largest batches and of all.
    """
    if len(peaks) < 2:
        return None, None
    last, used = peaks[-1]
    far = [one for one in peaks[:-1] if one[0] * FAR <= last]
    ends = {peaks[0], far[-1] if far else peaks[0]}
    sample = max(0.0, *((used - bytes_) / (last - batch) for batch, bytes_ in ends))
    return max(0.0, used - sample * last), sample


def _verified(result: ToolResult, size: int | None) -> int | None:
    """Return the batch that the tool names, where it was tried again for longer."""
    held = {
        _count(row.values.get("batch"))
        for row in result.tables.get("verification", ())
        if row.values.get("outcome") == "ok" and _count(row.values.get("image_size")) == size
    }
    named = (
        _count(one.value)
        for one in result.measurements
        if one.name == "memory.largest_batch" and _count(one.labels.get("image_size")) == size
    )
    return next((batch for batch in named if batch in held), None)


def _args(row: Mapping[str, Cell]) -> dict[str, str]:
    told = {"amp": row.get("amp"), "optimizer": row.get("optimizer")}
    return {name: str(value) for name, value in told.items() if value is not None}


def _gpu_name(machine: ToolMachine, chosen: str) -> str:
    """Return the name of the first GPU that was used; empty where that is not known."""
    first = chosen.partition(",")[0].strip()
    index = int(first) if first.isdecimal() else 0
    return machine.gpu_names[index] if index < len(machine.gpu_names) else ""


def _last(result: ToolResult, name: str) -> Measurement | None:
    return next((one for one in reversed(result.measurements) if one.name == name), None)


def _text(value: Cell | Label) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Cell | Label) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else None


def _count(value: Cell | Label) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number > 0 and number == int(number) else None
