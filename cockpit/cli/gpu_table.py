"""The GPUs of this machine as text and as JSON objects; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.devices.sample import DeviceReading, DeviceSource, GpuSample, HostSample
from cockpit.units import GIB, MISSING, age, binary, gib, percent

NEAR_SLOWDOWN_C: Final = 5
WIDEST_NAME: Final = 20
HEAD: Final = ("GPU", "name", "util", "memory GiB", "temp", "power", "MHz", "read")
NAME_COLUMN: Final = 1


def gpu_objects(reading: DeviceReading, now_s: float) -> list[dict[str, object]]:
    """Return the objects of `gpus --json`; a value that is not known is None."""
    return [_gpu_object(sample, now_s) for sample in reading.gpus]


def _gpu_object(sample: GpuSample, now_s: float) -> dict[str, object]:
    return {
        "gpu_index": sample.gpu_index,
        "gpu_uuid": sample.gpu_uuid or None,
        "name": sample.name or None,
        "utilization_pct": sample.utilization_pct,
        "memory_used_bytes": sample.memory_used_bytes,
        "memory_total_bytes": sample.memory_total_bytes,
        "temperature_c": sample.temperature_c,
        "power_w": sample.power_w,
        "age_s": round(max(0.0, now_s - sample.time), 3) if sample.has_readings else None,
        "problem": sample.problem,
    }


def text_lines(reading: DeviceReading, now_s: float) -> list[str]:
    """Return the table for people, or why there is none, and the host below it."""
    return [*_title(reading), *_table(reading.gpus, now_s), *_host(reading.host)]


def reason_without_gpu(reading: DeviceReading) -> str:
    """Return why there is no GPU, in one sentence."""
    problem = reading.inventory.problem if reading.inventory else None
    return problem or "no GPU was found"


def _title(reading: DeviceReading) -> list[str]:
    inventory = reading.inventory
    if not reading.gpus:
        return [
            f"No GPU: {reason_without_gpu(reading)}",
            "Trainings run on the CPU here; cockpit run quickstart is made for that",
        ]
    lines = []
    if inventory and inventory.source is DeviceSource.SIMULATED:
        lines.append("SIMULATED  these GPUs are not in this machine (COCKPIT_DEVICES)")
    if inventory and inventory.driver:
        lines.append(f"driver {inventory.driver}")
    if inventory and inventory.problem:
        lines.append(f"▲ {inventory.problem}")
    return lines


def _table(gpus: Sequence[GpuSample], now_s: float) -> list[str]:
    if not gpus:
        return []
    rows = [HEAD, *(_cells(sample, now_s) for sample in gpus)]
    widths = [
        max(len(row[column]) for row in rows if column <= NAME_COLUMN or len(row) == len(HEAD))
        for column in range(len(HEAD) - 1)
    ]
    return [_line(row, widths) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    """Join the cells; numbers go right, names and the last, open cell go left."""
    *cells, rest = row
    padded = [
        cell.ljust(widths[column]) if column == NAME_COLUMN else cell.rjust(widths[column])
        for column, cell in enumerate(cells)
    ]
    return "  ".join((*padded, rest)).rstrip()


def _cells(sample: GpuSample, now_s: float) -> tuple[str, ...]:
    """Return a full row, or index, name and the problem of a GPU that gives no values."""
    head = (str(sample.gpu_index), _short_name(sample.name))
    if sample.problem and not sample.problem.startswith("no answer"):
        return (*head, _last_seen(sample, now_s))
    if not sample.has_readings and sample.problem:
        return (*head, f"▲ {sample.problem}")
    clock = MISSING if sample.sm_clock_mhz is None else f"{sample.sm_clock_mhz:.0f}"
    return (
        *head,
        percent(sample.utilization_pct),
        _memory(sample),
        _temperature(sample),
        _power(sample),
        clock,
        _age(sample, now_s),
    )


def _short_name(name: str) -> str:
    short = name.removeprefix("NVIDIA ").removeprefix("GeForce ") or MISSING
    return short if len(short) <= WIDEST_NAME else short[: WIDEST_NAME - 1] + "…"


def _last_seen(sample: GpuSample, now_s: float) -> str:
    if not sample.has_readings:
        return f"✗ {sample.problem}"
    values = f"{percent(sample.utilization_pct)}, {_memory(sample)} GiB, {_temperature(sample)}"
    return f"✗ {sample.problem} · last {values}, {age(now_s - sample.time)}"


def _memory(sample: GpuSample) -> str:
    total = sample.memory_total_bytes
    decimals = 0 if total is not None and total >= 100 * GIB else 1
    used = gib(sample.memory_used_bytes, decimals=decimals)
    return MISSING if total is None else f"{used}/{gib(total, decimals=decimals)}"


def _temperature(sample: GpuSample) -> str:
    if sample.temperature_c is None:
        return MISSING
    limit = sample.temperature_slowdown_c
    is_hot = limit is not None and sample.temperature_c >= limit - NEAR_SLOWDOWN_C
    return f"{'▲' if is_hot else ''}{sample.temperature_c:.0f}°"


def _power(sample: GpuSample) -> str:
    if sample.power_w is None:
        return MISSING
    limit = "" if sample.power_limit_w is None else f"/{sample.power_limit_w:.0f}"
    return f"{sample.power_w:.0f}{limit}W"


def _age(sample: GpuSample, now_s: float) -> str:
    if sample.problem is not None:
        return f"▲ {sample.problem}"
    shown = age(now_s - sample.time)
    return shown if shown == "now" else f"▲ {shown}"


def _host(host: HostSample | None) -> list[str]:
    if host is None:
        return []
    cpu = f"cpu {percent(host.cpu_pct)} of {host.cpu_count} threads"
    memory = f"memory {binary(host.memory_used_bytes)} of {binary(host.memory_total_bytes)}"
    disk = f"disk {binary(host.disk_free_bytes)} free"
    shm = f"/dev/shm {binary(host.shm_free_bytes)} free"
    parts = (memory, disk, shm) if host.cpu_pct is None else (cpu, memory, disk, shm)
    return [f"Host  {' · '.join(parts)}"]
