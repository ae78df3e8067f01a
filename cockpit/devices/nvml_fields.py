"""The readings that NVML gives many of in one call, by number, and where they go (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum
from typing import Final

from cockpit.devices.sample import GpuSample, MemoryHealth, NvLink, PcieLink

KIB: Final = 1024
ALL_LINKS: Final = 0xFFFFFFFF
"""The scope that means the sum over all NVLinks."""


class Field(IntEnum):
    """NVML_FI_DEV_*, with the numbers of nvml.h (driver 570)."""

    ECC_CORRECTED = 3
    ECC_UNCORRECTED = 4
    RETIRED_PENDING = 31
    NVLINK_CRC_ERRORS = 38
    MEMORY_TEMPERATURE = 82
    ENERGY_MJ = 83
    NVLINK_COUNT = 91
    PCIE_REPLAYS = 94
    NVLINK_TX_KIB = 138
    NVLINK_RX_KIB = 139
    REMAPPED_CORRECTABLE = 142
    REMAPPED_UNCORRECTABLE = 143
    REMAP_PENDING = 144
    REMAP_FAILED = 145
    NVLINK_STATE = 165
    PCIE_TX_BYTES = 197
    PCIE_RX_BYTES = 198
    RECOVERY_ACTION = 230


BATCH: Final = tuple(field for field in Field if field is not Field.NVLINK_STATE)
"""What is asked together; the state of an NVLink needs a question for each link."""
SCOPE: Final = {Field.NVLINK_TX_KIB: ALL_LINKS, Field.NVLINK_RX_KIB: ALL_LINKS}
COUNTER_BYTES: Final = {
    Field.NVLINK_TX_KIB: KIB,
    Field.NVLINK_RX_KIB: KIB,
    Field.PCIE_TX_BYTES: 1,
    Field.PCIE_RX_BYTES: 1,
}
"""Counters that are shown as a rate, and how many bytes one of them is."""
RECOVERY_WORDS: Final = {
    1: "a reset of this GPU",
    2: "a reboot of this machine",
    3: "that work be moved off this GPU",
    4: "that work be moved off this GPU, and a reset",
    5: "a restart of the IMEX domain",
    6: "a reset of the bus",
    7: "a reboot of the whole system",
}
"""What NVML_FI_DEV_GET_GPU_RECOVERY_ACTION asks for; 0 is nothing."""


def with_fields(
    sample: GpuSample, values: Mapping[Field, float | None], rates: Mapping[Field, float | None]
) -> GpuSample:
    """Return the sample with what one batch told.

    A field that is not among the values was never told this way, and stays as another call left it.
    """
    energy_mj = values.get(Field.ENERGY_MJ)
    return replace(
        sample,
        memory_temperature_c=values.get(Field.MEMORY_TEMPERATURE, sample.memory_temperature_c),
        energy_j=sample.energy_j if energy_mj is None else energy_mj / 1000,
        pcie=_pcie(sample.pcie or PcieLink(), values, rates),
        nvlink=_nvlink(sample.nvlink or NvLink(), values, rates),
        memory_health=_health(sample.memory_health or MemoryHealth(), values),
    )


def _pcie(
    link: PcieLink, values: Mapping[Field, float | None], rates: Mapping[Field, float | None]
) -> PcieLink | None:
    link = replace(
        link,
        rx_bytes_per_s=rates.get(Field.PCIE_RX_BYTES, link.rx_bytes_per_s),
        tx_bytes_per_s=rates.get(Field.PCIE_TX_BYTES, link.tx_bytes_per_s),
        replay_count=_whole(values.get(Field.PCIE_REPLAYS, link.replay_count)),
    )
    return None if link == PcieLink() else link


def _nvlink(
    link: NvLink, values: Mapping[Field, float | None], rates: Mapping[Field, float | None]
) -> NvLink | None:
    link_count = _whole(values.get(Field.NVLINK_COUNT, link.link_count))
    if not link_count:
        return None
    return replace(
        link,
        link_count=link_count,
        rx_bytes_per_s=rates.get(Field.NVLINK_RX_KIB),
        tx_bytes_per_s=rates.get(Field.NVLINK_TX_KIB),
        error_count=_whole(values.get(Field.NVLINK_CRC_ERRORS)),
    )


def _health(health: MemoryHealth, values: Mapping[Field, float | None]) -> MemoryHealth | None:
    remapped = [
        value
        for field in (Field.REMAPPED_CORRECTABLE, Field.REMAPPED_UNCORRECTABLE)
        if (value := values.get(field)) is not None
    ]
    pending = [
        bool(value)
        for field in (Field.REMAP_PENDING, Field.RETIRED_PENDING)
        if (value := values.get(field)) is not None
    ]
    failed = values.get(Field.REMAP_FAILED)
    health = MemoryHealth(
        ecc_corrected=_whole(values.get(Field.ECC_CORRECTED, health.ecc_corrected)),
        ecc_uncorrected=_whole(values.get(Field.ECC_UNCORRECTED, health.ecc_uncorrected)),
        remapped_rows=_whole(sum(remapped)) if remapped else health.remapped_rows,
        is_remap_pending=any(pending) if pending else health.is_remap_pending,
        has_remap_failed=health.has_remap_failed if failed is None else bool(failed),
    )
    return None if health == MemoryHealth() else health


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
