"""Runs made of a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cockpit.analysis.comparison.subject import Subject
from cockpit.metrics.series import MetricSeries, MetricTable

MAP = "metrics/mAP50-95(B)"


def table_of(
    curves: Mapping[str, Sequence[float]],
    *,
    seconds: Sequence[float] = (),
    resumed_after: tuple[float, ...] = (),
) -> MetricTable:
    """Curves over epochs 1, 2, 3, …"""
    series = {
        name: MetricSeries(name, tuple(map(float, range(1, len(values) + 1))), tuple(values))
        for name, values in curves.items()
    }
    return MetricTable(
        series,
        epoch=max((len(values) for values in curves.values()), default=None),
        epoch_ends=tuple(enumerate(seconds, start=1)),
        resumed_after=resumed_after,
    )


def subject(
    label: str,
    curves: Mapping[str, Sequence[float]],
    *,
    seconds: Sequence[float] = (),
    resumed_after: tuple[float, ...] = (),
    settings: Mapping[str, str] | None = None,
    state: str = "succeeded",
    is_over: bool = True,
    is_simulated: bool = False,
    epochs: int | None = None,
    duration_s: float | None = None,
    gpu_count: int | None = None,
) -> Subject:
    return Subject(
        label,
        f"{label}-20261121-120000",
        table_of(curves, seconds=seconds, resumed_after=resumed_after),
        settings=settings or {},
        headline=tuple(name for name in curves if name == MAP),
        state=state,
        is_over=is_over,
        is_simulated=is_simulated,
        epochs=epochs,
        duration_s=duration_s,
        gpu_count=gpu_count,
    )
