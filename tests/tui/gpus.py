"""GPUs with all that they can tell, for the screens about them."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

from cockpit.devices.sample import (
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    MemoryHealth,
    NvLink,
    PcieLink,
)
from cockpit.devices.throttle import Throttle
from cockpit.tui.app import CockpitApp
from cockpit.units import GIB
from cockpit.views.run_view import Asked, RunView

from . import board
from .flight import app_with

NOW = board.NOW
Changes = dict[str, object]


def card(index: int, **changes: object) -> GpuSample:
    """A busy B200, held by pid 41234 + its index."""
    sample = GpuSample(
        gpu_index=index,
        gpu_uuid=f"GPU-{index}",
        name="NVIDIA B200",
        time=NOW,
        utilization_pct=94.0 + index % 3,
        memory_used_bytes=150 * GIB,
        memory_total_bytes=180 * GIB,
        memory_reserved_bytes=GIB // 2,
        temperature_c=64.0 + index % 5,
        temperature_slowdown_c=90.0,
        temperature_shutdown_c=95.0,
        power_w=920.0 + index % 7,
        power_limit_w=1000.0,
        sm_clock_mhz=1800.0,
        sm_clock_max_mhz=1965.0,
        throttle=int(Throttle.POWER_CAP),
        fan_pct=61.0,
        processes=(GpuProcess(41234 + index, 150 * GIB, 93.0, "ada", "/venv/bin/python train.py"),),
        pcie=PcieLink(5, 5, 16, 16, 2.1e9, 0.9e9, 0),
        nvlink=NvLink(18, 18, 4e11, 4e11, 0),
        memory_health=MemoryHealth(0, 0, 0, False, False),
        energy_j=3.2e8,
    )
    return dataclasses.replace(sample, **changes)  # type: ignore[arg-type]  # test shorthand


FREE: Changes = {
    "utilization_pct": 0.0,
    "memory_used_bytes": GIB // 2,
    "temperature_c": 34.0,
    "power_w": 140.0,
    "processes": (),
    "throttle": int(Throttle.IDLE),
}
HOT: Changes = {
    "temperature_c": 88.0,
    "sm_clock_mhz": 1410.0,
    "throttle": int(Throttle.SW_THERMAL | Throttle.POWER_CAP),
}
LOST: Changes = {"problem": "lost: Xid 79, it fell off the bus"}


def fleet(count: int) -> tuple[GpuSample, ...]:
    """Busy GPUs; of many the last eight are free, one is lost, one hot, one silent."""
    cards = [card(index) for index in range(count)]
    if count >= 32:
        cards[-8:] = [card(index, **FREE) for index in range(count - 8, count)]
        cards[19] = card(19, **LOST)
        cards[7] = card(7, time=NOW - 14)
    if count > 1:
        cards[min(11, count - 1)] = card(min(11, count - 1), **HOT)
    return tuple(cards)


def reading(*cards: GpuSample) -> DeviceReading:
    return board.gpus(cards, DeviceSource.SIMULATED)


def run_on(count: int, name: str = "llm-a", **changes: object) -> RunView:
    """A run with one rank on each GPU."""
    ranks = tuple(board.process(41234 + rank, rank=rank) for rank in range(count))
    run = board.run(name, gpus=tuple(range(count)), processes=ranks)
    run = replace(run, is_simulated=True, asked=Asked(world_size=count))
    return replace(run, **changes)  # type: ignore[arg-type]  # test shorthand


def app_over(*cards: GpuSample, runs: tuple[RunView, ...] = (), ascii_only: bool = False,
             seconds: int = 620) -> CockpitApp:  # fmt: skip
    """The app over GPUs that it has watched for so many seconds."""
    app = app_with(*runs, reading=reading(*cards), ascii_only=ascii_only)
    for second in range(seconds):
        now = NOW - seconds + second
        app.past.live.take(tuple(_earlier(one, now) for one in cards), now)
    return app


def _earlier(sample: GpuSample, now: float) -> GpuSample:
    """Return what was read then: a dip at each validation, silence of the lost since 3 minutes."""
    if sample.problem is not None and now < NOW - 180:
        sample = replace(sample, problem=None)
    age_s = min(max(0.0, NOW - sample.time), max(0.0, now - (NOW - 14)))
    part = 0.3 if now % 120 < 20 else 1.0
    load = sample.utilization_pct
    return replace(sample, time=now - age_s, utilization_pct=None if load is None else load * part)
