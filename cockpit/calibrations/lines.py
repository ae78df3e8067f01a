"""A calibration as one line of JSON, and back. Missing values are left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any, Final

from cockpit.calibrations.calibration import (
    Calibration,
    Foretold,
    Kind,
    MemoryMeasured,
    ScalingPoint,
)


def to_line(one: Calibration) -> str:
    """Return the line, without its line feed. Raises ValueError where a number is not finite."""
    fields = _told(asdict(one))
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def parse_line(line: str) -> Calibration | None:
    """Return the calibration in a line; None where it is cut, foreign or holds no true number."""
    try:
        value = _JSON.decode(line)
        return _parse(value) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def is_of_later_version(line: str) -> bool:
    """Say whether a line holds a kind of calibration that is not known yet: it is another's."""
    try:
        value = _JSON.decode(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(value, dict) or not _text(value.get("calibration_id")):
        return False
    kind = _text(value.get("kind"))
    return bool(kind) and kind not in _KINDS


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known: neither None nor empty, inside tables either."""
    return {
        name: _told(value) if isinstance(value, dict) else value
        for name, value in fields.items()
        if value is not None and value != {} and value != ()
    }


def _parse(value: dict[str, Any]) -> Calibration | None:
    """Return the calibration; fields that are unknown or of another type are as if not there.

    None where a number is none that a machine can show: an estimate could not calculate with it.
    """
    fields: dict[str, Any] = {}
    plain, parsers = _PLAIN, _PARSERS
    for name, item in value.items():  # quick: there are hundreds of lines, and a screen waits
        kind = type(item)
        if kind is plain.get(name):
            if kind is not str and not _is_sane(name, item):
                return None
            fields[name] = item
        elif name in parsers and (known := parsers[name](item)) is not None:
            if name in AMOUNTS and isinstance(known, float) and not _is_sane(name, known):
                return None
            fields[name] = known
        elif name in AMOUNTS:
            return None
    if not fields.keys() >= NEEDED or not fields["calibration_id"]:
        return None
    fields.setdefault("host", "")
    fields.setdefault("device", "")
    return Calibration(**fields)


def _is_sane(name: str, item: float) -> bool:
    """Whether a number may be true; 0 stands for nothing."""
    return item == 0 or LEAST <= item <= _MOST.get(name, MOST)


def foretold_in(value: object) -> Foretold | None:
    """Return what was foretold, in a JSON object; None where it is not there or not whole."""
    if not isinstance(value, dict):
        return None
    total_s, low_s, high_s = (_number(value.get(name)) for name in ("total_s", "low_s", "high_s"))
    if total_s is None or low_s is None or high_s is None:
        return None
    if not 0 <= low_s <= total_s <= high_s:
        return None
    basis = _text(value.get("basis")) or ""
    epoch_s, end_s = (_span(value.get(name)) for name in ("epoch_s", "end_s"))
    extra_s = _number(value.get("second_extra_s"))
    return Foretold(total_s, low_s, high_s, basis, epoch_s, end_s, extra_s)


def _span(value: object) -> tuple[float, float, float] | None:
    """Return low, likely and high; None where they are not three numbers in order."""
    if not isinstance(value, list) or len(value) != 3:
        return None
    low, likely, high = map(_number, value)
    if low is None or likely is None or high is None or not 0 <= low <= likely <= high:
        return None
    return low, likely, high


def _points(value: object) -> tuple[ScalingPoint, ...] | None:
    found = []
    for item in value if isinstance(value, list) else ():
        table = item if isinstance(item, dict) else {}
        ranks, batch = _count(table.get("world_size")), _count(table.get("batch_per_rank"))
        speed = _number(table.get("samples_per_s"))
        if ranks and batch and speed is not None and LEAST <= speed <= MOST >= max(ranks, batch):
            found.append(ScalingPoint(ranks, batch, speed))
    return tuple(found)


def _memory(value: object) -> MemoryMeasured | None:
    if not isinstance(value, dict):
        return None
    return MemoryMeasured(
        is_host=value.get("is_host") is True,
        peak_bytes=_count(value.get("peak_bytes")),
        base_bytes=_bytes(value.get("base_bytes")),
        sample_bytes=_bytes(value.get("sample_bytes")),
        largest_batch=_count(value.get("largest_batch")),
        capacity_bytes=_count(value.get("capacity_bytes")),
        peaks=_peaks(value.get("peaks")),
    )


def _peaks(value: object) -> tuple[tuple[int, int], ...]:
    found = []
    for item in value if isinstance(value, list) else ():
        pair = [_count(one) for one in item] if isinstance(item, list) else []
        if len(pair) == 2 and pair[0] and pair[1]:
            found.append((pair[0], pair[1]))
    return tuple(sorted(found))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> dict[str, str] | None:
    if not isinstance(value, dict):
        return None
    return {name: text for name, text in value.items() if isinstance(text, str)}


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MOST_BYTES else None


def _number(value: object) -> float | None:
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    return value if isinstance(value, float) and isfinite(value) else None


def _bytes(value: object) -> float | None:
    """Return an intercept or a slope, which may be below 0."""
    number = _number(value)
    return number if number is not None and abs(number) <= MOST_BYTES else None


def _difference(value: object) -> float | None:
    """Return seconds, which may be below 0."""
    number = _number(value)
    return number if number is not None and abs(number) <= MOST else None


def _amount(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and number >= 0 else None


_JSON: Final = json.JSONDecoder()
_KINDS: Final = {kind.value: kind for kind in Kind}
NEEDED: Final = frozenset({"calibration_id", "kind", "time_s"})
AMOUNTS: Final = frozenset(
    {
        "time_s", "start_s", "epoch_s", "epoch_low_s", "epoch_high_s", "step_s", "end_s",
        "total_s", "energy_j",
    }
)  # fmt: skip
"""Seconds and joules: a line with a wrong one is not to be trusted at all."""
COUNTS: Final = frozenset(
    {
        "imgsz", "batch_per_rank", "world_size", "train_samples", "epochs", "epochs_done",
        "attempts",
    }
)  # fmt: skip
LEAST: Final = 1e-6
"""Of seconds, and of samples a second: no epoch is shorter and no machine slower,"""
MOST: Final = 1e9
"""nor longer or faster: 1e9 s are 32 years."""
MOST_BYTES: Final = 10**18
_MOST: Final[Mapping[str, float]] = {"time_s": 1e11, "energy_j": 1e15, "train_samples": 1e12}
"""Of those that may be larger."""
TEXTS: Final = ("calibration_id", "host", "device", "preset", "model")
_PLAIN: Final[Mapping[str, type]] = {
    **dict.fromkeys(TEXTS, str),
    **dict.fromkeys(COUNTS, int),
    **dict.fromkeys(AMOUNTS, float),
    "is_simulated": bool,
    "is_bounded": bool,
}
"""Fields that stand in JSON as they are."""
_PARSERS: Final[Mapping[str, Callable[[object], object]]] = {
    **dict.fromkeys(AMOUNTS, _amount),
    "second_extra_s": _difference,
    "kind": lambda value: _KINDS.get(str(value)),
    "args": _texts,
    "points": _points,
    "memory": _memory,
    "foretold": foretold_in,
}
