"""Single readings of GPUs and host in words; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.cli.text_width import cut, plain
from cockpit.devices.sample import GpuProcess, GpuSample, HostSample
from cockpit.devices.throttle import Throttle, throttle_words
from cockpit.units import GIB, MISSING, binary, gib, percent

NEAR_SLOWDOWN_C: Final = 5
WIDEST_NAME: Final = 20
LARGE_CARD_BYTES: Final = 100 * GIB
MEGABYTE: Final = 1e6
HOST: Final = "Host  "


def short_name(name: str) -> str:
    """Return `RTX 2080`."""
    short = plain(name).removeprefix("NVIDIA ").removeprefix("GeForce ").strip() or MISSING
    return cut(short, WIDEST_NAME)


def memory(gpu: GpuSample) -> str:
    """Return `6.1/8.0`, in GiB."""
    total = gpu.memory_total_bytes
    decimals = 0 if total is not None and total >= LARGE_CARD_BYTES else 1
    used = gib(gpu.memory_used_bytes, decimals=decimals)
    return MISSING if total is None else f"{used}/{gib(total, decimals=decimals)}"


def temperature(gpu: GpuSample) -> str:
    """Return `70/88°`, against the GPU's own limit, with a sign when it is near."""
    if gpu.temperature_c is None:
        return MISSING
    limit = gpu.temperature_slowdown_c
    if limit is None:
        return f"{gpu.temperature_c:.0f}°"
    sign = "▲" if gpu.temperature_c >= limit - NEAR_SLOWDOWN_C else ""
    return f"{sign}{gpu.temperature_c:.0f}/{limit:.0f}°"


def power(gpu: GpuSample) -> str:
    """Return `206/215W`."""
    if gpu.power_w is None:
        return MISSING
    limit = "" if gpu.power_limit_w is None else f"/{gpu.power_limit_w:.0f}"
    return f"{gpu.power_w:.0f}{limit}W"


def slowed_by(gpu: GpuSample, among: int) -> str:
    """Return which of the reasons `among` hold the clock down; what follows from one is left out.

    Heat and the power supply act through the hardware's slowdown.
    """
    reasons = (gpu.throttle or 0) & among
    if reasons & (Throttle.HW_THERMAL | Throttle.POWER_BRAKE):
        reasons &= ~Throttle.HW_SLOWDOWN
    return ", ".join(throttle_words(reasons))


def process_words(processes: Sequence[GpuProcess]) -> str:
    """Return `ada: python train.py` of the largest process."""
    largest = max(processes, key=lambda process: process.memory_used_bytes or 0)
    if not largest.is_visible:
        return "not visible here"
    who = plain(largest.user or "?")
    return f"{who}: {plain(largest.command)}" if largest.command else f"{who}: pid {largest.pid}"


def host_lines(host: HostSample | None, columns: int | None = None) -> list[str]:
    """Return what the host has left and what moves through it, in lines that fit."""
    if host is None:
        return []
    used, total = binary(host.memory_used_bytes), binary(host.memory_total_bytes)
    swap = f"swap {binary(host.swap_used_bytes)} of {binary(host.swap_total_bytes)}"
    left = [
        "" if host.cpu_pct is None else f"cpu {percent(host.cpu_pct)} of {host.cpu_count} threads",
        "" if host.load_1min is None else f"load {host.load_1min:.1f}",
        f"memory {used} of {total}",
        swap if host.swap_used_bytes else "",
        f"disk {binary(host.disk_free_bytes)} free",
        f"/dev/shm {binary(host.shm_free_bytes)} free",
    ]
    flows = [
        _flow("disk", "read", host.disk_read_bytes_per_s, "write", host.disk_write_bytes_per_s),
        _flow("network", "in", host.network_rx_bytes_per_s, "out", host.network_tx_bytes_per_s),
    ]
    room = None if columns is None else columns - len(HOST)
    lines = [*_wrapped(left, room), *_wrapped(flows, room)]
    return [f"{HOST if place == 0 else ' ' * len(HOST)}{line}" for place, line in enumerate(lines)]


def _wrapped(parts: Sequence[str], room: int | None) -> list[str]:
    """Join the parts that say something; a line has as many as fit."""
    lines: list[str] = []
    for part in filter(None, parts):
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and (room is None or len(longer) <= room):
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _flow(what: str, first: str, one: float | None, second: str, other: float | None) -> str:
    if one is None or other is None:
        return ""
    return f"{what} {first} {one / MEGABYTE:.1f} MB/s, {second} {other / MEGABYTE:.1f} MB/s"
