"""When early stopping may end a training. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from cockpit.metrics.series import MetricSeries

PARTS: Final = ("metrics/mAP50-95(B)", "metrics/mAP50-95(M)", "metrics/mAP50-95(P)")
"""Boxes, masks and poses: Ultralytics adds them up to a fitness (8.4.190, utils/metrics.py)."""
TOPS: Final = ("metrics/accuracy_top1", "metrics/accuracy_top5")


def earliest_end(
    series: Mapping[str, MetricSeries], patience: int | None, epoch: int | None
) -> int | None:
    """Return the epoch after which Ultralytics stops, if its fitness never rises again.

    None without patience, and where no fitness is known. As long as the fitness is 0 each epoch
    counts as the best.
    """
    if not patience or patience < 0 or epoch is None:
        return None
    best = best_epoch(series)
    return None if best is None else (best if best > 0 else epoch) + patience


def best_epoch(series: Mapping[str, MetricSeries]) -> int | None:
    """Return the first epoch of the best fitness, 0 while all are 0; None if there is none."""
    names = [name for name in PARTS if name in series] or [name for name in TOPS if name in series]
    if not names:
        return None
    first = series[names[0]]
    if len(names) == 1:
        best = first.best  # kept up to date by the reader
        return int(best.x) if best is not None and best.value > 0 else 0
    totals: dict[float, float] = {}
    for name in names:
        for x, value in zip(series[name].x, series[name].values, strict=True):
            totals[x] = totals.get(x, 0.0) + (value if math.isfinite(value) else 0.0)
    at = max(totals, key=lambda x: (totals[x], -x), default=0.0)
    return int(at) if totals.get(at, 0.0) > 0 else 0
