"""Readings as one JSON line, and back. Unknown fields are ignored, wrong types are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Final, NoReturn, TypeVar

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    HostSample,
)

SCHEMA: Final = 1
T = TypeVar("T")


class WireError(ValueError):
    """A line is no reading; the message names the field."""


def format_reading(reading: DeviceReading) -> str:
    """Return the reading as one line of JSON without its line feed."""
    value = {"schema": SCHEMA, **asdict(reading)}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse_reading(line: str) -> DeviceReading:
    """Return what `format_reading` wrote. Raises WireError."""
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
    )


def _parse_process(fields: _Fields) -> GpuProcess:
    return GpuProcess(_required(fields.integer("pid"), "pid"), fields.integer("memory_used_bytes"))


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
    )
