"""What a GPU or its driver reports: lost, silent, an Xid, bad memory."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.alerts.rule import MOST_ALIKE, GpuView, Rule, Words
from cockpit.analysis.xid import Action, Fault, Xid, explain_xid
from cockpit.runs.alert import AlertLevel
from cockpit.units import clock


def _lost_begun(view: GpuView) -> float | None:
    return view.sample.time if view.sample.is_lost else None


def _lost_over(view: GpuView) -> bool:
    return not view.sample.is_lost


def _lost_words(view: GpuView, since: float) -> Words:
    return Words(
        _without_reading(view, since),
        "stop the run, reboot or reset (nvidia-smi --gpu-reset -i {gpu}), then resume; "
        "the kernel log tells more: dmesg | grep NVRM",
        AlertLevel.PROBLEM,
    )


def _without_reading(view: GpuView, since: float) -> str:
    """Return the problem, and when the GPU was read last, if it ever was."""
    last = f"last reading {clock(since, view.now_s)}" if view.sample.has_readings else "never read"
    return f"{view.sample.problem}, {last}"


def _silent_begun(view: GpuView) -> float | None:
    sample = view.sample
    is_silent = sample.problem is not None and not sample.is_lost
    return sample.time if is_silent and view.now_s - sample.time >= view.limits.silent_s else None


def _silent_over(view: GpuView) -> bool:
    """Say whether it answers without a pause, for a while: one that comes and goes is not well."""
    if view.sample.is_lost:
        return True
    if view.sample.problem is not None:
        return False
    after = view.now_s
    for point in reversed(view.points):
        if after - point.time >= view.limits.silent_s:
            return False
        if view.now_s - point.time >= view.limits.clear_s:
            return True
        after = point.time
    return False


def _silent_words(view: GpuView, since: float) -> Words | None:
    if view.sample.problem is None:
        return None
    return Words(
        _without_reading(view, since),
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
    more = " or more" if len(times) >= MOST_ALIKE else ""
    often = f", {len(times)} times{more}" if len(times) > 1 else ""
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


SAID_WITHOUT_READINGS: Final = (
    Rule("gpu.lost", _lost_begun, _lost_over, _lost_words),
    Rule("gpu.xid", _xid_begun, _xid_over, _xid_words),
    Rule("gpu.silent", _silent_begun, _silent_over, _silent_words),
)
"""What can be said also of a GPU that gives no answer."""
RULES: Final = (
    Rule("gpu.ecc", _ecc_begun, _ecc_over, _ecc_words),
    Rule("gpu.remap-pending", _remap_begun, _remap_over, _remap_words),
)
