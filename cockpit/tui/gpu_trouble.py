"""What is wrong with one GPU, in full, and what to try. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.tui.gpu_layout import OLD_AFTER_S
from cockpit.tui.gpu_rows import age_s
from cockpit.tui.ink import Line
from cockpit.units import clock, duration

MOST_LINES: Final = 6


def trouble_lines(
    sample: GpuSample, alerts: Sequence[Alert], now: float, width: int
) -> tuple[Line, ...]:
    """Return each alert of this GPU with its remedy, and since when its figures are old."""
    lines = [line for alert in _of_gpu(sample, alerts) for line in _alert_lines(alert, width)]
    if not lines and sample.problem is not None:
        tone = "danger" if sample.is_lost else "attention"
        lines.extend(_wrapped("✗ " if sample.is_lost else "▲ ", sample.problem, tone, width))
    seconds = age_s(sample, now)
    if sample.has_readings and (seconds >= OLD_AFTER_S or sample.is_lost):
        old = f"all figures are of {clock(sample.time, now)}, {duration(seconds)} ago"
        lines.extend(_wrapped("▲ ", old, "attention", width))
    return tuple(lines[:MOST_LINES])


def _of_gpu(sample: GpuSample, alerts: Sequence[Alert]) -> Iterator[Alert]:
    return (alert for alert in alerts if sample.gpu_uuid and alert.gpu_uuid == sample.gpu_uuid)


def _alert_lines(alert: Alert, width: int) -> Iterator[Line]:
    is_bad = alert.level is AlertLevel.PROBLEM
    sign, tone = ("✗ ", "danger") if is_bad else ("▲ ", "attention")
    yield from _wrapped(sign, alert.what, tone, width)
    if alert.remedy:
        yield from _wrapped("  try: ", alert.remedy, "text", width)


def _wrapped(sign: str, text: str, tone: str, width: int) -> Iterator[Line]:
    indent = " " * len(sign)
    for number, part in enumerate(textwrap.wrap(text, max(16, width - len(sign)))):
        yield ((indent if number else sign, tone), (part, tone))
