"""How long a step of a finished run took, training alone, by what its trainer told."""

from __future__ import annotations

import math
import statistics
import time
from pathlib import Path
from typing import Final

from cockpit.analysis.throughput import SAMPLES
from cockpit.files import open_regular, size_of
from cockpit.metrics.log_lines import parse_epoch_progress
from cockpit.metrics.series import MetricTable
from cockpit.metrics.speed_lines import parse_speed

WHOLE: Final = 0.97
"""A speed at which the samples take more of an epoch than this may be that of whole epochs."""
LARGEST_LOG_BYTES: Final = 32 << 20
PATIENCE_S: Final = 0.5
RATES: Final = (b"it/s", b"s/it")


def step_by_curve(
    table: MetricTable, global_batch: int | None, samples: int | None, epoch_s: float
) -> float | None:
    """Return a step's seconds by a curve of samples per second, or None where that is not sure.

    A speed that leaves nothing of an epoch for the rest may be that of whole epochs.
    """
    speed = _middle_speed(table)
    if speed is None or not samples or not global_batch or samples / speed > WHOLE * epoch_s:
        return None
    return global_batch / speed


def step_by_bars(log: Path, epoch_s: float) -> float | None:
    """Return a step's seconds by the bars of Ultralytics, which count the training alone.

    A full one bears the mean rate of its epoch. The first epoch is left out.
    """
    if size_of(log) > LARGEST_LOG_BYTES:
        return None
    steps: dict[int, float] = {}
    deadline = time.monotonic() + PATIENCE_S
    try:
        with open_regular(log) as file:
            for line in file:
                if b"100%" in line and any(rate in line for rate in RATES):
                    _take_bar(line.decode("utf-8", "replace"), steps)
                if time.monotonic() > deadline:
                    return None
    except OSError:
        return None
    told = [seconds for epoch, seconds in steps.items() if epoch > min(steps)]
    step_s = statistics.median(told) if told else None
    return step_s if step_s is not None and step_s < epoch_s else None


def _take_bar(line: str, steps: dict[int, float]) -> None:
    progress, rate = parse_epoch_progress(line), parse_speed(line).steps_per_s
    if progress is not None and progress[2] == 1.0 and rate:
        steps[progress[0]] = 1 / rate


def _middle_speed(table: MetricTable) -> float | None:
    """Return the middle of the samples per second over the whole world, the first row left out."""
    for name, series in table.series.items():
        if name.lower().rpartition("/")[2] in SAMPLES:
            told = [one for one in series.values[1:] if math.isfinite(one) and one > 0]
            return statistics.median(told) if told else None
    return None
