"""Which function of the driver gives a slow reading, and where its answer goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pynvml

from cockpit.devices.cadence import Slow
from cockpit.devices.nvml.calls import milli, number
from cockpit.devices.nvml_fields import KIB, Field
from cockpit.devices.sample import GpuSample, MemoryHealth, PcieLink

Put = Callable[[GpuSample, Any], GpuSample]


@dataclass(frozen=True, slots=True)
class Question:
    """One function of the driver, and where its answer goes."""

    call: Callable[..., Any]
    put: Put
    arguments: tuple[int, ...] = ()
    instead_of: Field | None = None
    """Asked only of a GPU that does not tell this field in the batch."""


def _pcie(name: str, scale: int = 1) -> Put:
    def put(sample: GpuSample, value: int | None) -> GpuSample:
        scaled = None if value is None else value * scale
        return replace(sample, pcie=replace(sample.pcie or PcieLink(), **{name: scaled}))

    return put


def _health(name: str) -> Put:
    def put(sample: GpuSample, value: int | None) -> GpuSample:
        health = sample.memory_health or MemoryHealth()
        change: dict[str, Any] = {name: value}
        return replace(sample, memory_health=replace(health, **change))

    return put


def _number(name: str) -> Put:
    def put(sample: GpuSample, value: int | None) -> GpuSample:
        change: dict[str, Any] = {name: number(value)}
        return replace(sample, **change)

    return put


def _remapped(sample: GpuSample, told: tuple[int, int, int, int] | None) -> GpuSample:
    if told is None:
        return sample
    corrected, uncorrected, is_pending, has_failed = told
    health = replace(
        sample.memory_health or MemoryHealth(),
        remapped_rows=corrected + uncorrected,
        is_remap_pending=bool(is_pending),
        has_remap_failed=bool(has_failed),
    )
    return replace(sample, memory_health=health)


def _retired(sample: GpuSample, is_pending: int | None) -> GpuSample:
    if is_pending is None:
        return sample
    health = sample.memory_health or MemoryHealth()
    return replace(sample, memory_health=replace(health, is_remap_pending=bool(is_pending)))


CORRECTED: Final = (pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, pynvml.NVML_VOLATILE_ECC)
UNCORRECTED: Final = (pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, pynvml.NVML_VOLATILE_ECC)
QUESTIONS: Final = {
    Slow.PCIE_GENERATION: Question(pynvml.nvmlDeviceGetCurrPcieLinkGeneration, _pcie("generation")),
    Slow.PCIE_WIDTH: Question(pynvml.nvmlDeviceGetCurrPcieLinkWidth, _pcie("width")),
    Slow.PCIE_GENERATION_MAX: Question(
        pynvml.nvmlDeviceGetMaxPcieLinkGeneration, _pcie("generation_max")
    ),
    Slow.PCIE_WIDTH_MAX: Question(pynvml.nvmlDeviceGetMaxPcieLinkWidth, _pcie("width_max")),
    Slow.FAN: Question(pynvml.nvmlDeviceGetFanSpeed, _number("fan_pct")),
    Slow.CLOCK_MAX: Question(
        pynvml.nvmlDeviceGetMaxClockInfo, _number("sm_clock_max_mhz"), (pynvml.NVML_CLOCK_SM,)
    ),
    Slow.SHUTDOWN_LIMIT: Question(
        pynvml.nvmlDeviceGetTemperatureThreshold,
        _number("temperature_shutdown_c"),
        (pynvml.NVML_TEMPERATURE_THRESHOLD_SHUTDOWN,),
    ),
    Slow.POWER_LIMIT: Question(
        pynvml.nvmlDeviceGetEnforcedPowerLimit,
        lambda sample, value: replace(sample, power_limit_w=milli(value) or sample.power_limit_w),
    ),
    Slow.ENERGY: Question(
        pynvml.nvmlDeviceGetTotalEnergyConsumption,
        lambda sample, value: replace(sample, energy_j=milli(value)),
        instead_of=Field.ENERGY_MJ,
    ),
    Slow.PCIE_RX: Question(
        pynvml.nvmlDeviceGetPcieThroughput,
        _pcie("rx_bytes_per_s", KIB),
        (pynvml.NVML_PCIE_UTIL_RX_BYTES,),
        instead_of=Field.PCIE_RX_BYTES,
    ),
    Slow.PCIE_TX: Question(
        pynvml.nvmlDeviceGetPcieThroughput,
        _pcie("tx_bytes_per_s", KIB),
        (pynvml.NVML_PCIE_UTIL_TX_BYTES,),
        instead_of=Field.PCIE_TX_BYTES,
    ),
    Slow.PCIE_REPLAYS: Question(
        pynvml.nvmlDeviceGetPcieReplayCounter,
        _pcie("replay_count"),
        instead_of=Field.PCIE_REPLAYS,
    ),
    Slow.ECC_CORRECTED: Question(
        pynvml.nvmlDeviceGetTotalEccErrors,
        _health("ecc_corrected"),
        CORRECTED,
        instead_of=Field.ECC_CORRECTED,
    ),
    Slow.ECC_UNCORRECTED: Question(
        pynvml.nvmlDeviceGetTotalEccErrors,
        _health("ecc_uncorrected"),
        UNCORRECTED,
        instead_of=Field.ECC_UNCORRECTED,
    ),
    Slow.REMAPPED_ROWS: Question(
        pynvml.nvmlDeviceGetRemappedRows, _remapped, instead_of=Field.REMAP_PENDING
    ),
    Slow.RETIRED_PAGES: Question(
        pynvml.nvmlDeviceGetRetiredPagesPendingStatus, _retired, instead_of=Field.RETIRED_PENDING
    ),
}
