"""One quantity of a GPU over time as a chart: what its title says, its scale, its axis. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.tui.axes import Scale, choose_scale
from cockpit.tui.gpu_board import span_words
from cockpit.tui.gpu_rows import is_hot
from cockpit.tui.gpu_targets import target_words
from cockpit.tui.ink import Line, Piece, cells, pad
from cockpit.tui.raster import Canvas, draw_curve
from cockpit.units import GIB, MISSING
from cockpit.views.gpu_history import Figure

_UNITS: Final = {
    Figure.UTILIZATION: "%",
    Figure.MEMORY: "GiB",
    Figure.TEMPERATURE: "°C",
    Figure.POWER: "W",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; equal ones need no paint."""

    figure: Figure
    values: tuple[float | None, ...]
    """One for each dot column, oldest first, in the unit of the axis."""
    top: float | None
    """The end of the scale: what this GPU can do; None where it does not tell."""
    span_s: float


def chart_of(
    sample: GpuSample, figure: Figure, values: Sequence[float | None], span_s: float
) -> Chart:
    """Return the chart of one quantity."""
    scale = 1 / GIB if figure is Figure.MEMORY else 1.0
    top = {
        Figure.UTILIZATION: 100.0,
        Figure.MEMORY: (sample.memory_total_bytes or 0) / GIB or None,
        Figure.TEMPERATURE: sample.temperature_slowdown_c,
        Figure.POWER: sample.power_limit_w,
    }[figure]
    shown = tuple(None if value is None else value * scale for value in values)
    return Chart(figure, shown, top, span_s)


def scale_of(chart: Chart) -> Scale:
    """Return the scale from 0 to what the GPU can do, higher where more was read."""
    known = [value for value in chart.values if value is not None]
    highest = max(known, default=0.0)
    if chart.top is None:
        return choose_scale([0.0, highest or 1.0])
    return Scale(0.0, max(chart.top, highest))


def chart_title(sample: GpuSample, figure: Figure, width: int) -> Line:
    """Return the quantity left, its value now and the target right; the target gives way."""
    name: Line = ((str(figure), "strong"), (f" {_UNITS[figure]}", "muted"))
    value = _now(sample, figure)
    target = "" if value[0] == MISSING else target_words(sample, figure)
    ends = ((value, (f"  {target}", "muted")), (value,)) if target else ((value,),)
    for end in ends:
        room = width - cells(name) - cells(end)
        if room >= 1:
            return (*name, (" " * room, "text"), *end)
    return pad((value,), width)


def _now(sample: GpuSample, figure: Figure) -> Piece:
    match figure:
        case Figure.UTILIZATION:
            return _figure(sample.utilization_pct, 0)
        case Figure.MEMORY:
            used = sample.memory_used_bytes
            return _figure(None if used is None else used / GIB, 1)
        case Figure.TEMPERATURE if is_hot(sample):
            return (f"▲ {sample.temperature_c:.0f}", "attention bold")
        case Figure.TEMPERATURE:
            return _figure(sample.temperature_c, 0)
        case Figure.POWER:
            return _figure(sample.power_w, 0)


def _figure(value: float | None, decimals: int) -> Piece:
    return (MISSING, "faint") if value is None else (f"{value:.{decimals}f}", "strong")


def labels_of(scale: Scale) -> tuple[str, str, str]:
    """Return the words at the top, in the middle and at the bottom, equally wide."""
    decimals = 1 if scale.high < 10 else 0
    values = (scale.high, scale.middle, scale.low)
    return tuple(f"{value:.{decimals}f}".rjust(5) for value in values)  # type: ignore[return-value]  # three of them


def chart_rows(chart: Chart, width: int, height: int, look: str) -> tuple[Line, ...]:
    """Return the rows of the curve with the scale at their left."""
    scale = scale_of(chart)
    top, middle, low = labels_of(scale)
    canvas = Canvas(max(1, width - 6), height)
    ys = [math.nan if value is None else value for value in chart.values]
    count = len(ys)
    if count:
        xs = [number + 0.5 for number in range(count)]
        draw_curve(canvas, xs, ys, (0.0, float(count)), scale.part, look)
    is_told = chart.top is not None or any(value is not None for value in chart.values)
    marks = {0: top, height - 1: low} if is_told else {}
    if height >= 5 and is_told:
        marks[height // 2] = middle
    return tuple(
        ((marks.get(row, " " * 5), "faint"), ("┤" if row in marks else "│", "line"), *body)
        for row, body in enumerate(canvas.lines())
    )


def time_axis(span_s: float, width: int) -> Line:
    """Return `└10 min ago────────now` in `width` cells."""
    left, right = f"{span_words(span_s)} ago", "now"
    rule = width - 6 - len(left) - len(right)
    if rule < 1:
        return (("     └", "line"), ("─" * max(0, width - 6), "line"))
    return (("     └", "line"), (left, "faint"), ("─" * rule, "line"), (right, "faint"))
