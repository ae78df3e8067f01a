"""Objects of a trainer's log as rows of numbers, whatever their nesting."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from cockpit.metrics.axis_names import EPOCH_NAMES, STEP_NAMES, STEP_NAMES_BESIDE_EPOCH
from cockpit.metrics.dates import split_time
from cockpit.metrics.log_lines import strip_codes

WALL_NAMES: Final = ("_timestamp", "timestamp", "time", "wall_time")
DEEPEST: Final = 8
"""Objects nested deeper than this hold no curves."""
MOST_VALUES: Final = 2000
"""One row of more numbers is a dump of something and not of curves."""

_decode: Final = json.JSONDecoder(parse_int=float).decode


@dataclass(frozen=True, slots=True)
class Row:
    """What one object says."""

    values: dict[str, float]
    step: float | None = None
    epoch: float | None = None
    time_s: float | None = None
    """Seconds since the trainer's start."""
    wall_s: float | None = None
    """Epoch seconds."""


def parse_object(text: str) -> dict[str, object] | None:
    """Return the JSON object in a text, NaN and Infinity included, or None."""
    try:
        value = _decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def as_row(said: Mapping[str, object]) -> Row:
    """Return the numbers of an object, nested names joined by `/`."""
    values: dict[str, float] = {}
    _flatten(said, "", DEEPEST, values)
    epoch = _take(values, EPOCH_NAMES)
    step = _take(values, STEP_NAMES if epoch is None else STEP_NAMES_BESIDE_EPOCH)
    clock = _take(values, WALL_NAMES)
    time_s, wall_s = split_time(clock)
    return Row(values, step=step, epoch=epoch, time_s=time_s, wall_s=wall_s)


def as_columns(objects: Sequence[Mapping[str, object]]) -> dict[str, array[float]] | None:
    """Return flat objects of the same keys as columns; None where any is not of numbers only.

    Nearly all rows are such ones, and together they cost a fraction.
    """
    keys = objects[0].keys()
    if len(keys) < 2 or any(one.keys() != keys for one in objects):
        return None
    names = [strip_codes(key).strip() for key in keys]
    if names != list(keys) or "" in names or len(names) > MOST_VALUES:
        return None
    columns: dict[str, array[float]] = {}
    for name, column in zip(names, zip(*map(itemgetter(*keys), objects), strict=True), strict=True):
        if set(map(type, column)) != {float}:
            return None
        columns[name] = array("d", column)
    return columns


def take_column(columns: dict[str, array[float]], names: tuple[str, ...]) -> array[float] | None:
    """Return the first of these columns, taken out of them; None where there is none."""
    return next((columns.pop(name) for name in names if name in columns), None)


def as_number(value: object) -> float | None:
    """Return a number, also one that is written as a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _flatten(said: Mapping[str, object], prefix: str, depth: int, values: dict[str, float]) -> None:
    for key, value in said.items():
        name = prefix + (key if key.isalnum() else strip_codes(key).strip())
        if isinstance(value, dict):
            if depth > 0:
                _flatten(value, f"{name}/", depth - 1, values)
        elif type(value) is float:  # all numbers of JSON, as they are parsed here
            values[name] = value
        elif (number := as_number(value)) is not None and name:
            values[name] = number
        if len(values) >= MOST_VALUES:
            return


def _take(values: dict[str, float], names: tuple[str, ...]) -> float | None:
    """Return the first of these numbers that is one, and take it out of the values."""
    for name in names:
        if name in values and math.isfinite(values[name]):
            return values.pop(name)
    return None
