"""What is noticed of one GPU by itself, and of one that belongs to a run."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.alerts import fault, heat
from cockpit.analysis.alerts.rule import GpuView, Rule, Words, lasting
from cockpit.analysis.alerts.window import Point, held_for, used_bytes
from cockpit.units import GIB, binary

WIDER_PCT: Final = 2.0
"""Clearly more memory left than what counts as little."""


def _narrow_begun(view: GpuView) -> float | None:
    link, busy_pct = view.sample.pcie, view.limits.busy_pct
    if link is None or link.width_max is None or link.width is None or link.width >= link.width_max:
        return None
    width_max = link.width_max

    def is_narrow(point: Point) -> bool | None:
        if point.pcie_width is None or (point.utilization_pct or 0) < busy_pct:
            return None
        return point.pcie_width < width_max

    return held_for(view.points, is_narrow, view.limits.pcie_narrow_s)


def _narrow_over(view: GpuView) -> bool:
    link = view.sample.pcie
    if link is None or link.width_max is None:
        return False
    width_max = link.width_max

    def is_wide(point: Point) -> bool | None:
        return None if point.pcie_width is None else point.pcie_width >= width_max

    return held_for(view.points, is_wide, view.limits.clear_s) is not None


def _narrow_words(view: GpuView, since: float) -> Words | None:
    link = view.sample.pcie
    if link is None or link.width is None or link.width_max is None:
        return None
    return Words(
        f"PCIe link x{link.width} of x{link.width_max} while busy {lasting(since, view.now_s)}",
        "reseat the GPU or its riser, or use a slot with more lanes",
        weight=-link.width,
    )


def _margin_begun(view: GpuView) -> float | None:
    bound = 100 - view.limits.memory_margin_pct

    def is_full(point: Point) -> bool | None:
        return None if point.memory_pct is None else point.memory_pct > bound

    return held_for(view.points, is_full, view.limits.memory_margin_s)


def _margin_over(view: GpuView) -> bool:
    bound = 100 - view.limits.memory_margin_pct - WIDER_PCT

    def is_wide(point: Point) -> bool | None:
        return None if point.memory_pct is None else point.memory_pct <= bound

    return held_for(view.points, is_wide, view.limits.clear_s) is not None


def _margin_words(view: GpuView, since: float) -> Words | None:
    used, total = used_bytes(view.sample), view.sample.memory_total_bytes
    if used is None or not total:
        return None
    free = max(0, total - used)
    left = f"{binary(free)} of {total / GIB:.1f} GiB left, {100 * free / total:.1f} %"
    return Words(
        f"{left} {lasting(since, view.now_s)}",
        "a smaller batch leaves room: one larger sample, and it runs out of memory",
        weight=used / total,
    )


def _straggler_begun(view: GpuView) -> float | None:
    departs = view.pace is not None and view.pace.departure is not None
    return view.now_s - view.limits.straggler_s if departs else None


def _straggler_over(view: GpuView) -> bool:
    return view.pace is not None and view.pace.rest is None


def _straggler_words(view: GpuView, since: float) -> Words | None:
    seen = view.pace and (view.pace.departure or view.pace.rest)
    if not seen:
        return None
    what = f"{seen.what} ({lasting(since, view.now_s)})"
    return Words(what, seen.remedy, weight=seen.weight)


WITHOUT_READINGS: Final = fault.SAID_WITHOUT_READINGS
WITH_READINGS: Final = (
    *heat.RULES,
    *fault.RULES,
    Rule("gpu.pcie-narrow", _narrow_begun, _narrow_over, _narrow_words),
)
OF_A_RUN: Final = (
    Rule("run.memory-margin", _margin_begun, _margin_over, _margin_words),
    Rule("run.straggler", _straggler_begun, _straggler_over, _straggler_words),
)
"""What matters of a GPU only while the run trains there."""
