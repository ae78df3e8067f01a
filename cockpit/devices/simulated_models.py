"""What the GPUs that can be simulated have to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cockpit.units import GIB


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of GPU."""

    name: str
    memory_total_bytes: int
    power_limit_w: float
    temperature_slowdown_c: float
    sm_clock_mhz: float
    """The highest."""
    pcie_generation: int
    nvlink_count: int = 0
    nvlink_bytes_per_s: float = 0.0
    """Of one link in one direction."""
    is_for_servers: bool = False
    """It has ECC and a sensor on its memory, and no fan of its own."""
    mig_count: int = 0
    """Into so many MIG devices it can be cut."""


# Memory, board power, boost clock, PCIe and NVLink as NVIDIA's product pages give them (2025);
# slowdown temperatures are typical ones. Only simulated GPUs use these.
MODELS: Final = {
    "2080": Model("NVIDIA GeForce RTX 2080", 8 * GIB, 215, 88, 1815, 3),
    "3060": Model("NVIDIA GeForce RTX 3060", 12 * GIB, 170, 90, 1777, 4),
    "4090": Model("NVIDIA GeForce RTX 4090", 24 * GIB, 450, 90, 2520, 4),
    "a100": Model("NVIDIA A100-SXM4-80GB", 80 * GIB, 400, 92, 1410, 4, 12, 25e9, True, 7),
    "h20": Model("NVIDIA H20", 96 * GIB, 500, 92, 1980, 5, 18, 25e9, True, 7),
    "h100": Model("NVIDIA H100 80GB HBM3", 80 * GIB, 700, 92, 1980, 5, 18, 25e9, True, 7),
    "h200": Model("NVIDIA H200", 141 * GIB, 700, 92, 1980, 5, 18, 25e9, True, 7),
    "b200": Model("NVIDIA B200", 180 * GIB, 1000, 92, 1965, 5, 18, 50e9, True, 7),
}
