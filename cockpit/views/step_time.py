"""How long a step of a finished run took, training alone, by what its trainer told."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from cockpit.analysis.pace import Length
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
    table: MetricTable, global_batch: int | None, samples: int | None, lengths: Sequence[Length]
) -> float | None:
    """Return a step's seconds by a curve of samples per second, or None where that is not sure.

    A speed that leaves nothing of its epoch for the rest may be that of whole epochs.
    """
    epoch_s = {one.epoch: one.seconds for one in lengths}
    told = {epoch: speed for epoch, speed in _speeds(table) if epoch in epoch_s}
    if not told or not samples or not global_batch:
        return None
    share = statistics.median(samples / speed / epoch_s[epoch] for epoch, speed in told.items())
    return None if share > WHOLE else global_batch / statistics.median(told.values())


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


def _speeds(table: MetricTable) -> Iterator[tuple[int, float]]:
    """Yield epoch and samples per second over the whole world, as a curve tells them."""
    for name, series in table.series.items():
        if name.lower().rpartition("/")[2] in SAMPLES:
            for epoch, speed in zip(series.x, series.values, strict=True):
                if math.isfinite(speed) and speed > 0:
                    yield int(epoch), speed
            return
