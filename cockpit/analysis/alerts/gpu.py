"""What is noticed of one GPU, whoever uses it."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.alerts.rule import GpuView, Rule, Words, lasting
from cockpit.analysis.alerts.window import Point, held_for, used_bytes
from cockpit.analysis.xid import Action, Fault, Xid, explain_xid
from cockpit.devices.throttle import ALARMING, THERMAL, Throttle, throttle_words
from cockpit.runs.alert import AlertLevel
from cockpit.units import GIB, binary, clock

COOLER_C: Final = 3.0
"""Clearly cooler than what counts as hot."""
WIDER_PCT: Final = 2.0
"""Clearly more memory left than what counts as little."""
HOLDING: Final = ALARMING & ~Throttle.POWER_BRAKE
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
    return held_for(
        view.points, lambda point: _at_least(point.temperature_c, bound), view.limits.hot_s
    )


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
    if not (sample.throttle or 0) & ALARMING or sample.sm_clock_mhz is None:
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
    reasons = (view.sample.throttle or 0) & HOLDING
    said = ", ".join(throttle_words(reasons)) if reasons else "clock was held down"
    parts = [f"{said} {lasting(since, view.now_s)}", _clock_down(view)]
    if view.sample.temperature_c is not None:
        parts.append(f"{view.sample.temperature_c:.0f} °C")
    is_heat = bool(reasons & THERMAL)
    remedy = (
        _cooling(view)
        if is_heat
        else "check power cables and cooling: nvidia-smi -q -i {gpu} -d PERFORMANCE tells more"
    )
    return Words(", ".join(filter(None, parts)), remedy, weight=-(view.sample.sm_clock_mhz or 0))


def _brake_begun(view: GpuView) -> float | None:
    return held_for(
        view.points, lambda point: _has(point, Throttle.POWER_BRAKE), view.limits.power_brake_s
    )


def _brake_over(view: GpuView) -> bool:
    return (
        held_for(
            view.points, lambda point: _lacks(point, Throttle.POWER_BRAKE), view.limits.clear_s
        )
        is not None
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


def _lost_begun(view: GpuView) -> float | None:
    return view.sample.time if view.sample.is_lost else None


def _lost_over(view: GpuView) -> bool:
    return not view.sample.is_lost


def _lost_words(view: GpuView, since: float) -> Words:
    return Words(
        f"{view.sample.problem}, last reading {clock(since, view.now_s)}",
        "stop the run, reboot or reset (nvidia-smi --gpu-reset -i {gpu}), then resume; "
        "the kernel log tells more: dmesg | grep NVRM",
        AlertLevel.PROBLEM,
    )


def _silent_begun(view: GpuView) -> float | None:
    sample = view.sample
    is_silent = sample.problem is not None and not sample.is_lost
    return sample.time if is_silent and view.now_s - sample.time >= view.limits.silent_s else None


def _silent_over(view: GpuView) -> bool:
    return view.sample.problem is None or view.sample.is_lost


def _silent_words(view: GpuView, since: float) -> Words:
    return Words(
        f"{view.sample.problem}, last reading {clock(since, view.now_s)}",
        "a driver call hangs or fails: look at dmesg | grep NVRM; "
        "if it stays so, stop the run and reboot",
        weight=view.now_s - since,
    )


def _xid_worth_saying(view: GpuView) -> Xid | None:
    """Return the worst of what the driver reported, of equals the newest."""
    worst: Xid | None = None
    for event in view.events:
        xid = explain_xid(event.code)
        if xid.is_worth_saying and (worst is None or xid.weight >= worst.weight):
            worst = xid
    return worst


def _xid_begun(view: GpuView) -> float | None:
    xid = _xid_worth_saying(view) if view.events else None
    if xid is None:
        return None
    return min(event.time for event in view.events if event.code == xid.code)


def _xid_over(view: GpuView) -> bool:
    return _xid_begun(view) is None


def _xid_words(view: GpuView, since: float) -> Words:
    xid = _xid_worth_saying(view)
    assert xid is not None
    times = [event.time for event in view.events if event.code == xid.code]
    often = f", {len(times)} times" if len(times) > 1 else ""
    what = f"Xid {xid.code} at {clock(times[-1], view.now_s)}{often}: {xid.meaning}"
    is_bad = xid.fault is Fault.HARDWARE or xid.action in (Action.RESET_GPU, Action.REBOOT)
    level = AlertLevel.PROBLEM if is_bad and xid.action is not Action.IGNORE else AlertLevel.WARNING
    return Words(what, xid.advice, level, weight=xid.weight, group=str(xid.code))


def _remap_begun(view: GpuView) -> float | None:
    health = view.sample.memory_health
    return view.sample.time if health is not None and health.is_remap_pending else None


def _remap_over(view: GpuView) -> bool:
    health = view.sample.memory_health
    return health is not None and health.is_remap_pending is False


def _remap_words(view: GpuView, since: float) -> Words:
    return Words(
        "a bad memory row waits to be replaced, which a reset does",
        "at the next break: nvidia-smi --gpu-reset -i {gpu}, or reboot",
    )


def _ecc_begun(view: GpuView) -> float | None:
    health = view.sample.memory_health
    if health is not None and health.has_remap_failed:
        return view.sample.time
    since = view.ecc_since
    return since if since is not None and abs(view.now_s - since) <= view.limits.xid_s else None


def _ecc_over(view: GpuView) -> bool:
    health = view.sample.memory_health
    return health is not None and health.ecc_uncorrected is not None and _ecc_begun(view) is None


def _ecc_words(view: GpuView, since: float) -> Words:
    health = view.sample.memory_health
    if health is not None and health.has_remap_failed:
        what = "a bad memory row could not be replaced"
        return Words(what, "stop using this GPU and have it replaced", AlertLevel.PROBLEM, 1e9)
    errors = "error" if view.new_ecc_errors == 1 else "errors"
    return Words(
        f"{view.new_ecc_errors} uncorrected memory {errors} since {clock(since, view.now_s)}",
        "resume from a checkpoint before it, and reset: nvidia-smi --gpu-reset -i {gpu}; "
        "if it comes again, have the GPU replaced",
        AlertLevel.PROBLEM,
        view.new_ecc_errors,
    )


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
    return (
        held_for(
            view.points, lambda point: _at_least(point.pcie_width, width_max), view.limits.clear_s
        )
        is not None
    )


def _narrow_words(view: GpuView, since: float) -> Words:
    link = view.sample.pcie
    width, width_max = (link.width, link.width_max) if link else (None, None)
    return Words(
        f"PCIe link x{width} of x{width_max} while busy {lasting(since, view.now_s)}",
        "reseat the GPU or its riser, or use a slot with more lanes",
        weight=-(width or 0),
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


def _margin_words(view: GpuView, since: float) -> Words:
    used, total = used_bytes(view.sample), view.sample.memory_total_bytes
    what = "nearly no memory left"
    weight = 0.0
    if used is not None and total:
        free = max(0, total - used)
        weight = used / total
        what = f"{binary(free)} of {total / GIB:.1f} GiB left, {100 * free / total:.1f} %"
    return Words(
        f"{what} {lasting(since, view.now_s)}",
        "a smaller batch leaves room: one larger sample, and it runs out of memory",
        weight=weight,
    )


def _at_least(value: float | None, bound: float) -> bool | None:
    return None if value is None else value >= bound


def _has(point: Point, bits: int) -> bool | None:
    return None if point.throttle is None else bool(point.throttle & bits)


def _lacks(point: Point, bits: int) -> bool | None:
    return None if point.throttle is None else not point.throttle & bits


WITHOUT_READINGS: Final = (
    Rule("gpu.lost", _lost_begun, _lost_over, _lost_words),
    Rule("gpu.xid", _xid_begun, _xid_over, _xid_words),
    Rule("gpu.silent", _silent_begun, _silent_over, _silent_words),
)
"""What can be said also of a GPU that gives no answer."""
WITH_READINGS: Final = (
    Rule("gpu.power-brake", _brake_begun, _brake_over, _brake_words),
    Rule("gpu.ecc", _ecc_begun, _ecc_over, _ecc_words),
    Rule("gpu.hot", _hot_begun, _hot_over, _hot_words),
    Rule("gpu.throttled", _throttled_begun, _throttled_over, _throttled_words),
    Rule("gpu.remap-pending", _remap_begun, _remap_over, _remap_words),
    Rule("gpu.pcie-narrow", _narrow_begun, _narrow_over, _narrow_words),
)
OF_A_RUN: Final = (Rule("run.memory-margin", _margin_begun, _margin_over, _margin_words),)
"""What matters of a GPU only while the run trains there."""
