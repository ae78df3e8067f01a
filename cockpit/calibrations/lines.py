"""A calibration as one line of JSON, and back. Missing values are left out."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from cockpit.calibrations.calibration import (
    Calibration,
    Foretold,
    Kind,
    MemoryMeasured,
    ScalingPoint,
)

NUMBERS: Final = (
    "start_s", "epoch_s", "epoch_low_s", "epoch_high_s", "step_s", "end_s", "total_s", "energy_j",
)  # fmt: skip
"""Seconds and joules: none is below 0."""
KINDS: Final = frozenset(Kind)


def to_line(one: Calibration) -> str:
    """Return the line, without its line feed. Raises ValueError where a number is not finite."""
    fields = _told(asdict(one))
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse_line(line: str | bytes) -> Calibration | None:
    """Return the calibration in a line; None where it is cut, foreign or holds no true number."""
    try:
        value = json.loads(line, parse_constant=_refuse, parse_float=_finite)
        return _parse(value) if isinstance(value, dict) else None
    except (ValueError, TypeError, RecursionError):
        return None


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known: neither None nor empty, inside tables either."""
    return {
        name: _told(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None and value != {} and value != ()
    }


def _refuse(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _parse(value: dict[str, Any]) -> Calibration | None:
    identity, kind = value.get("calibration_id"), value.get("kind")
    time_s = _number(value.get("time_s"))
    if not isinstance(identity, str) or not identity or kind not in KINDS or time_s is None:
        return None
    numbers = {name: _number(value[name]) for name in NUMBERS if name in value}
    if any(number is None or number < 0 for number in numbers.values()):
        return None
    args, points = value.get("args"), value.get("points")
    return Calibration(
        calibration_id=identity,
        kind=Kind(kind),
        time_s=time_s,
        host=_text(value.get("host")) or "",
        device=_text(value.get("device")) or "",
        is_simulated=value.get("is_simulated") is True,
        preset=_text(value.get("preset")),
        model=_text(value.get("model")),
        imgsz=_count(value.get("imgsz")),
        batch_per_rank=_count(value.get("batch_per_rank")),
        world_size=_count(value.get("world_size")),
        train_samples=_count(value.get("train_samples")),
        epochs=_count(value.get("epochs")),
        args=_texts(args) if isinstance(args, dict) else {},
        start_s=numbers.get("start_s"),
        epoch_s=numbers.get("epoch_s"),
        epoch_low_s=numbers.get("epoch_low_s"),
        epoch_high_s=numbers.get("epoch_high_s"),
        epochs_done=_count(value.get("epochs_done")) or 0,
        step_s=numbers.get("step_s"),
        end_s=numbers.get("end_s"),
        total_s=numbers.get("total_s"),
        attempts=_count(value.get("attempts")) or 1,
        points=_points(points) if isinstance(points, list) else (),
        memory=_memory(value.get("memory")),
        energy_j=numbers.get("energy_j"),
        foretold=foretold_in(value.get("foretold")),
    )


def foretold_in(value: object) -> Foretold | None:
    """Return what was foretold, in a JSON object; None where it is not there or not whole."""
    if not isinstance(value, dict):
        return None
    total_s, low_s, high_s = (_number(value.get(name)) for name in ("total_s", "low_s", "high_s"))
    if total_s is None or low_s is None or high_s is None:
        return None
    if not 0 <= low_s <= total_s <= high_s:
        return None
    return Foretold(total_s, low_s, high_s, _text(value.get("basis")) or "")


def _points(items: list[object]) -> tuple[ScalingPoint, ...]:
    found = []
    for item in items:
        table = item if isinstance(item, dict) else {}
        ranks, batch = _count(table.get("world_size")), _count(table.get("batch_per_rank"))
        speed = _number(table.get("samples_per_s"))
        if ranks and batch and speed is not None and speed > 0:
            found.append(ScalingPoint(ranks, batch, speed))
    return tuple(found)


def _memory(value: object) -> MemoryMeasured | None:
    if not isinstance(value, dict):
        return None
    return MemoryMeasured(
        is_host=value.get("is_host") is True,
        peak_bytes=_count(value.get("peak_bytes")),
        base_bytes=_number(value.get("base_bytes")),
        sample_bytes=_number(value.get("sample_bytes")),
        largest_batch=_count(value.get("largest_batch")),
        capacity_bytes=_count(value.get("capacity_bytes")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(table: dict[str, object]) -> dict[str, str]:
    return {name: text for name, text in table.items() if isinstance(text, str)}


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
