"""What was measured here, as a table: one calibration a line, the newest first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from cockpit import units
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.cli.stacked_table import Column, table_lines
from cockpit.units import short_duration as short
from cockpit.views.foretold import AS_FORETOLD, ForecastOutcome, fared_words

MISSED: Final = "! the true total lay outside the range that was foretold"


def lines(calibrations: Sequence[Calibration], columns: int) -> list[str]:
    """Return the table; without any, how some come about."""
    if not calibrations:
        return [
            "nothing was measured here yet: every finished run is kept, and what",
            "cockpit scaling, memory, steptime and estimate --preset NAME --probe find",
        ]
    columns_of = [
        Column("id", [one.calibration_id for one in calibrations], 0, is_text=True),
        Column("measured", [_moment(one) for one in calibrations], 9, is_text=True),
        Column("what", [_what(one) for one in calibrations], 8, is_text=True),
        Column("epoch", [short(one.epoch_s) for one in calibrations], 2),
        Column("step", [_step(one) for one in calibrations], 3),
        Column("total", [short(one.total_s) for one in calibrations], 1),
        Column("foretold", [_foretold(one) for one in calibrations], 4),
    ]
    lines = table_lines(columns_of, columns, [()] * len(calibrations))
    return [*lines, *([MISSED] if any(is_held(one) is False for one in calibrations) else [])]


def objects(calibrations: Iterable[Calibration]) -> list[dict[str, object]]:
    """Return the same for `--json`."""
    return [
        {
            **asdict(one),
            "args": dict(one.args),
            "error": error_of(one),
            "held": is_held(one),
        }
        for one in calibrations
    ]


def error_of(one: Calibration) -> float | None:
    """Return by which share the foretold total was off; None where one of both is not known."""
    if one.foretold is None or not one.total_s:
        return None
    return one.foretold.total_s / one.total_s - 1


def is_held(one: Calibration) -> bool | None:
    """Say whether the true total lay within the foretold range."""
    if one.foretold is None or one.total_s is None:
        return None
    return one.foretold.low_s <= one.total_s <= one.foretold.high_s


def _moment(one: Calibration) -> str:
    return f"{datetime.fromtimestamp(one.time_s).astimezone():%Y-%m-%d %H:%M}"


def _step(one: Calibration) -> str:
    return short(one.step_s)


def _what(one: Calibration) -> str:
    """Return the configuration: `2 × RTX 2080, batch 16, 640 px, SIMULATED`."""
    device = one.device.removeprefix("NVIDIA ").removeprefix("GeForce ")
    device = "CPU" if one.device.startswith("cpu") else device
    ranks = f"{one.world_size} × {device}" if (one.world_size or 1) > 1 else device
    parts = [ranks]
    if one.batch_per_rank is not None:
        parts.append(f"batch {one.batch_per_rank}")
    if one.imgsz is not None:
        parts.append(f"{one.imgsz} px")
    if one.kind not in (Kind.RUN, Kind.PROBE) and one.model is not None:
        parts.insert(0, one.model)
    return ", ".join(parts + ["SIMULATED"] * one.is_simulated)


def _foretold(one: Calibration) -> str:
    """Return `54 s, took 29 % more`: the truth is held against what was foretold of it."""
    if one.foretold is None:
        return units.MISSING
    said = short(one.foretold.total_s)
    if not one.total_s:
        return said
    fared = fared_words(ForecastOutcome(one.foretold, one.total_s))
    words = fared if fared == AS_FORETOLD else f"took {fared}"
    return f"{said}, {words}{'' if is_held(one) else ' !'}"
