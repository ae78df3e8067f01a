"""What heat and the power supply do to a GPU."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.alerts.rule import GpuView, Rule, Words, lasting
from cockpit.analysis.alerts.window import Point, held_for
from cockpit.devices.throttle import ALARMING, THERMAL, Throttle, throttle_words
from cockpit.runs.alert import AlertLevel

COOLER_C: Final = 3.0
"""Clearly cooler than what counts as hot."""
ALARM: Final = int(ALARMING)
HEAT: Final = int(THERMAL)
"""As numbers: each question to a flag costs microseconds, and 64 GPUs ask many."""
HOLDING: Final = int(ALARMING & ~Throttle.POWER_BRAKE)
BRAKE: Final = int(Throttle.POWER_BRAKE)
LESS_POWER: Final = 0.85
"""A power limit at this share costs a few percent of speed and takes many degrees."""


def hot_from(view: GpuView) -> float:
    """Return the temperature from which this GPU is hot: its own limit goes first."""
    slowdown_c = view.sample.temperature_slowdown_c
    if slowdown_c is None:
        return view.limits.hot_c
    return min(view.limits.hot_c, slowdown_c - view.limits.hot_margin_c)


def _hot_begun(view: GpuView) -> float | None:
    bound = hot_from(view)

    def is_hot(point: Point) -> bool | None:
        return None if point.temperature_c is None else point.temperature_c >= bound

    return held_for(view.points, is_hot, view.limits.hot_s)


def _hot_over(view: GpuView) -> bool:
    bound = hot_from(view) - COOLER_C

    def is_cool(point: Point) -> bool | None:
        return None if point.temperature_c is None else point.temperature_c < bound

    return held_for(view.points, is_cool, view.limits.clear_s) is not None


def _hot_words(view: GpuView, since: float) -> Words:
    sample, bound = view.sample, hot_from(view)
    temperature_c = sample.temperature_c
    if temperature_c is None or temperature_c < bound:
        now = "" if temperature_c is None else f"{temperature_c:.0f} °C, "
        what = f"{now}hot {lasting(since, view.now_s)} (from {bound:.0f} °C)"
    else:
        what = f"{temperature_c:.0f} °C {lasting(since, view.now_s)}"
    if down := _clock_down(view):
        what += f", {down}"
    elif sample.temperature_slowdown_c is not None:
        what += f", slows down at {sample.temperature_slowdown_c:.0f} °C"
    return Words(what, _cooling(view), weight=temperature_c or 0)


def _cooling(view: GpuView) -> str:
    limit_w = view.sample.power_limit_w
    watts = "WATTS" if limit_w is None else f"{limit_w * LESS_POWER // 10 * 10:.0f}"
    return (
        "check fans and airflow, or lower the power limit: "
        f"nvidia-smi -i {{gpu}} -pl {watts} (needs root)"
    )


def _clock_down(view: GpuView) -> str:
    sample = view.sample
    if not int(sample.throttle or 0) & ALARM or sample.sm_clock_mhz is None:
        return ""
    most = "" if sample.sm_clock_max_mhz is None else f" of {sample.sm_clock_max_mhz:.0f}"
    return f"clock down to {sample.sm_clock_mhz:.0f}{most} MHz"


def _throttled_begun(view: GpuView) -> float | None:
    return held_for(view.points, lambda point: _has(point, HOLDING), view.limits.throttled_s)


def _throttled_over(view: GpuView) -> bool:
    return (
        held_for(view.points, lambda point: _lacks(point, HOLDING), view.limits.clear_s) is not None
    )


def _throttled_words(view: GpuView, since: float) -> Words:
    reasons = int(view.sample.throttle or 0) & HOLDING
    said = ", ".join(throttle_words(reasons)) if reasons else "clock was held down"
    parts = [f"{said} {lasting(since, view.now_s)}", _clock_down(view)]
    if view.sample.temperature_c is not None:
        parts.append(f"{view.sample.temperature_c:.0f} °C")
    is_heat = bool(reasons & HEAT)
    remedy = (
        _cooling(view)
        if is_heat
        else "check power cables and cooling: nvidia-smi -q -i {gpu} -d PERFORMANCE tells more"
    )
    return Words(", ".join(filter(None, parts)), remedy, weight=-(view.sample.sm_clock_mhz or 0))


def _brake_begun(view: GpuView) -> float | None:
    return held_for(view.points, lambda point: _has(point, BRAKE), view.limits.power_brake_s)


def _brake_over(view: GpuView) -> bool:
    return (
        held_for(view.points, lambda point: _lacks(point, BRAKE), view.limits.clear_s) is not None
    )


def _brake_words(view: GpuView, since: float) -> Words:
    power = "" if view.sample.power_w is None else f", {view.sample.power_w:.0f} W"
    down = _clock_down(view)
    what = f"power brake {lasting(since, view.now_s)}{', ' + down if down else ''}{power}"
    return Words(
        what,
        "the box asks for less power: check its power supplies and their cables",
        AlertLevel.PROBLEM,
    )


def _has(point: Point, bits: int) -> bool | None:
    return None if point.throttle is None else bool(point.throttle & bits)


def _lacks(point: Point, bits: int) -> bool | None:
    return None if point.throttle is None else not point.throttle & bits


RULES: Final = (
    Rule("gpu.power-brake", _brake_begun, _brake_over, _brake_words),
    Rule("gpu.hot", _hot_begun, _hot_over, _hot_words),
    Rule("gpu.throttled", _throttled_begun, _throttled_over, _throttled_words),
)
