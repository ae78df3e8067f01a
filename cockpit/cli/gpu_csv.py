"""The GPUs of this machine as CSV: the fields of `gpus --json`, flat. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Final

from cockpit.cli.gpu_objects import NOBODY, Owners, gpu_objects
from cockpit.cli.text_width import plain
from cockpit.devices.sample import DeviceReading, GpuSample, MemoryHealth, NvLink, PcieLink

PARTS: Final = {
    "pcie": asdict(PcieLink()),
    "nvlink": asdict(NvLink()),
    "memory_health": asdict(MemoryHealth()),
}
PREFIXES: Final = {"pcie": "pcie_", "nvlink": "nvlink_", "memory_health": ""}
"""Of the columns of each part; the names of the last one say enough."""


def csv_text(
    reading: DeviceReading, now_s: float, owners: Owners = NOBODY, *, has_head: bool = True
) -> str:
    """Return one line for each GPU as RFC 4180 wants it, before them the names of the columns.

    `time` is when a row was printed: with --watch it tells the ticks apart.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    if has_head:
        writer.writeheader()
    for flat in gpu_objects(reading, now_s, owners):
        writer.writerow(_row(flat, now_s))
    return out.getvalue()


def _row(flat: dict[str, object], now_s: float) -> dict[str, object]:
    """Return one GPU without anything inside anything; parts become columns, lists a number."""
    row: dict[str, object] = {"time": round(now_s, 3)} | flat | {"time": round(now_s, 3)}
    for name, empty in PARTS.items():
        part = row.pop(name) or empty
        assert isinstance(part, dict)
        row |= {PREFIXES[name] + key: value for key, value in part.items()}
    processes, reasons = row.pop("processes"), row["throttle_reasons"]
    row["process_count"] = len(processes) if isinstance(processes, list) else None
    row["throttle_reasons"] = "; ".join(reasons) if isinstance(reasons, list) else None
    return {key: _cell(value) for key, value in row.items()}


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, str) else value


COLUMNS: Final = tuple(
    _row(gpu_objects(DeviceReading(None, (GpuSample(0, "", "", 0.0),), None), 0.0)[0], 0.0)
)
