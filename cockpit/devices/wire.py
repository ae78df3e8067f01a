"""Readings as one JSON line, and back. Unknown fields are ignored, wrong types are refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import Any, Final, NoReturn, TypeVar

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    EventKind,
    GpuEvent,
    GpuProcess,
    GpuSample,
    HostSample,
    MemoryHealth,
    NvLink,
    PcieLink,
)

SCHEMA: Final = 1
RECOUNTED: Final = 75
"""Exit status of a poller that asks for another one: the driver counts other GPUs by now."""
T = TypeVar("T")


class WireError(ValueError):
    """A line is no reading; the message names the field."""


def format_reading(reading: DeviceReading) -> str:
    """Return the reading as one line of JSON without its line feed."""
    value = {"schema": SCHEMA, **_plain(reading)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    """Return what JSON can hold; what is None is left out, most GPUs tell half of the fields."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return value
    pairs = ((field.name, getattr(value, field.name)) for field in fields_of(value))
    return {name: _plain(item) for name, item in pairs if item is not None}


def parse_reading(line: str) -> DeviceReading:
    """Return what `format_reading` wrote. Raises WireError."""
    try:
        return _parse_line(line)
    except (OverflowError, RecursionError) as error:  # a number, or a nest, that nobody writes
        raise WireError(f"not a reading: {error}") from error


def _parse_line(line: str) -> DeviceReading:
    try:
        value = json.loads(line, parse_constant=_refuse)
    except ValueError as error:
        raise WireError(f"not JSON: {error}") from error
    fields = _Fields(value)
    inventory, host = fields.child("inventory"), fields.child("host")
    return DeviceReading(
        _parse_inventory(inventory) if inventory else None,
        tuple(_parse_gpu(gpu) for gpu in fields.children("gpus") or ()),
        _parse_host(host) if host else None,
        tuple(_parse_event(event) for event in fields.children("events") or ()),
    )


class _Fields:
    """A JSON object whose fields are taken out with their type."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise WireError(f"an object was expected, not {value!r:.40}")
        self._value = value

    def number(self, name: str) -> float | None:
        value = self._value.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise WireError(f"{name}: a number was expected, not {value!r:.40}")
        return float(value)

    def integer(self, name: str) -> int | None:
        value = self._value.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise WireError(f"{name}: a whole number was expected, not {value!r:.40}")

    def flag(self, name: str) -> bool | None:
        value = self._value.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise WireError(f"{name}: true or false was expected, not {value!r:.40}")

    def text(self, name: str) -> str | None:
        value = self._value.get(name)
        if value is None or isinstance(value, str):
            return value
        raise WireError(f"{name}: a text was expected, not {value!r:.40}")

    def child(self, name: str) -> _Fields | None:
        value = self._value.get(name)
        return None if value is None else _Fields(value)

    def children(self, name: str) -> tuple[_Fields, ...] | None:
        value = self._value.get(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise WireError(f"{name}: a list was expected, not {value!r:.40}")
        return tuple(_Fields(item) for item in value)


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise WireError(f"{name} is missing")
    return value


def _refuse(constant: str) -> NoReturn:
    raise WireError(f"{constant} is no number here")


def _parse_inventory(fields: _Fields) -> DeviceInventory:
    source = fields.text("source")
    if source not in set(DeviceSource):
        raise WireError(f"source: {source!r} is unknown")
    return DeviceInventory(
        source=DeviceSource(source),
        gpus=tuple(_parse_gpu(gpu) for gpu in fields.children("gpus") or ()),
        driver=fields.text("driver"),
        problem=fields.text("problem"),
    )


def _parse_gpu(fields: _Fields) -> GpuSample:
    processes = fields.children("processes")
    return GpuSample(
        gpu_index=_required(fields.integer("gpu_index"), "gpu_index"),
        gpu_uuid=_required(fields.text("gpu_uuid"), "gpu_uuid"),
        name=_required(fields.text("name"), "name"),
        time=_required(fields.number("time"), "time"),
        utilization_pct=fields.number("utilization_pct"),
        memory_used_bytes=fields.integer("memory_used_bytes"),
        memory_total_bytes=fields.integer("memory_total_bytes"),
        temperature_c=fields.number("temperature_c"),
        temperature_slowdown_c=fields.number("temperature_slowdown_c"),
        power_w=fields.number("power_w"),
        power_limit_w=fields.number("power_limit_w"),
        sm_clock_mhz=fields.number("sm_clock_mhz"),
        processes=None if processes is None else tuple(map(_parse_process, processes)),
        problem=fields.text("problem"),
        memory_reserved_bytes=fields.integer("memory_reserved_bytes"),
        memory_temperature_c=fields.number("memory_temperature_c"),
        temperature_shutdown_c=fields.number("temperature_shutdown_c"),
        sm_clock_max_mhz=fields.number("sm_clock_max_mhz"),
        throttle=fields.integer("throttle"),
        fan_pct=fields.number("fan_pct"),
        pcie=_parse_part(fields.child("pcie"), _parse_pcie),
        nvlink=_parse_part(fields.child("nvlink"), _parse_nvlink),
        memory_health=_parse_part(fields.child("memory_health"), _parse_health),
        energy_j=fields.number("energy_j"),
        processes_problem=fields.text("processes_problem"),
        mig_index=fields.integer("mig_index"),
        has_mig=fields.flag("has_mig") or False,
    )


def _parse_part(fields: _Fields | None, parse: Callable[[_Fields], T]) -> T | None:
    return None if fields is None else parse(fields)


def _parse_pcie(fields: _Fields) -> PcieLink:
    return PcieLink(
        generation=fields.integer("generation"),
        generation_max=fields.integer("generation_max"),
        width=fields.integer("width"),
        width_max=fields.integer("width_max"),
        rx_bytes_per_s=fields.number("rx_bytes_per_s"),
        tx_bytes_per_s=fields.number("tx_bytes_per_s"),
        replay_count=fields.integer("replay_count"),
    )


def _parse_nvlink(fields: _Fields) -> NvLink:
    return NvLink(
        active_count=fields.integer("active_count"),
        link_count=fields.integer("link_count"),
        rx_bytes_per_s=fields.number("rx_bytes_per_s"),
        tx_bytes_per_s=fields.number("tx_bytes_per_s"),
        error_count=fields.integer("error_count"),
    )


def _parse_health(fields: _Fields) -> MemoryHealth:
    return MemoryHealth(
        ecc_corrected=fields.integer("ecc_corrected"),
        ecc_uncorrected=fields.integer("ecc_uncorrected"),
        remapped_rows=fields.integer("remapped_rows"),
        is_remap_pending=fields.flag("is_remap_pending"),
        has_remap_failed=fields.flag("has_remap_failed"),
    )


def _parse_process(fields: _Fields) -> GpuProcess:
    is_visible = fields.flag("is_visible")
    return GpuProcess(
        pid=_required(fields.integer("pid"), "pid"),
        memory_used_bytes=fields.integer("memory_used_bytes"),
        sm_pct=fields.number("sm_pct"),
        user=fields.text("user"),
        command=fields.text("command"),
        is_visible=True if is_visible is None else is_visible,
    )


def _parse_event(fields: _Fields) -> GpuEvent:
    kind = fields.text("kind")
    if kind not in set(EventKind):
        raise WireError(f"kind: {kind!r} is unknown")
    return GpuEvent(
        gpu_index=_required(fields.integer("gpu_index"), "gpu_index"),
        gpu_uuid=_required(fields.text("gpu_uuid"), "gpu_uuid"),
        time=_required(fields.number("time"), "time"),
        kind=EventKind(kind),
        code=_required(fields.integer("code"), "code"),
    )


def _parse_host(fields: _Fields) -> HostSample:
    return HostSample(
        time=_required(fields.number("time"), "time"),
        cpu_pct=fields.number("cpu_pct"),
        cpu_count=_required(fields.integer("cpu_count"), "cpu_count"),
        memory_used_bytes=fields.integer("memory_used_bytes"),
        memory_total_bytes=fields.integer("memory_total_bytes"),
        swap_used_bytes=fields.integer("swap_used_bytes"),
        disk_free_bytes=fields.integer("disk_free_bytes"),
        load_1min=fields.number("load_1min"),
        shm_free_bytes=fields.integer("shm_free_bytes"),
        swap_total_bytes=fields.integer("swap_total_bytes"),
        disk_total_bytes=fields.integer("disk_total_bytes"),
        shm_total_bytes=fields.integer("shm_total_bytes"),
        disk_read_bytes_per_s=fields.number("disk_read_bytes_per_s"),
        disk_write_bytes_per_s=fields.number("disk_write_bytes_per_s"),
        network_rx_bytes_per_s=fields.number("network_rx_bytes_per_s"),
        network_tx_bytes_per_s=fields.number("network_tx_bytes_per_s"),
    )
