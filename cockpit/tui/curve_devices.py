"""What the GPUs of a run did, as plots on the clock under its curves. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from cockpit.tui.curve_axis import AxisMap
from cockpit.tui.curve_plots import PlotSpec
from cockpit.tui.plot_line import PlotLine
from cockpit.units import GIB
from cockpit.views.gpu_history import FIGURES, Figure, Recorded, Trace

TITLES: Final = {
    Figure.UTILIZATION: "GPU util %",
    Figure.MEMORY: "GPU memory GiB",
    Figure.TEMPERATURE: "GPU temp °C",
    Figure.POWER: "GPU power W",
}
COLOUR: Final = "s2"
INCLUDES: Final = {Figure.UTILIZATION: (0.0, 100.0), Figure.MEMORY: (0.0,), Figure.POWER: (0.0,)}


def device_plots(recorded: Recorded, uuids: Collection[str] = ()) -> tuple[PlotSpec, ...]:
    """Return a plot for each quantity: the mean over the run's GPUs, and from least to most.

    `uuids`: the run's own GPUs; empty takes all that were recorded.
    """
    own = {key: traces for key, traces in recorded.items() if not uuids or key in uuids}
    plots = (_plot(figure, [one[figure] for one in (own or recorded).values()])
             for figure in FIGURES)  # fmt: skip
    return tuple(plot for plot in plots if plot is not None)


def time_of(specs: Sequence[PlotSpec]) -> tuple[float, float] | None:
    """Return from when to when the plots go; None without any."""
    curves = [line.xs for spec in specs for line in spec.lines if line.xs]
    return (min(xs[0] for xs in curves), max(xs[-1] for xs in curves)) if curves else None


def laid_on(specs: Sequence[PlotSpec], zero: float) -> tuple[PlotSpec, ...]:
    """Return the plots on an axis that counts from there; 0 leaves the time of day."""
    if not zero:
        return tuple(specs)
    way = AxisMap((0.0, 1.0), (0.0, 1.0), zero)
    return tuple(
        replace(spec, lines=tuple(replace(line, axis=way) for line in spec.lines)) for spec in specs
    )


def _plot(figure: Figure, traces: list[Trace]) -> PlotSpec | None:
    scale = 1 / GIB if figure is Figure.MEMORY else 1.0
    by_time: dict[float, list[float]] = {}
    for trace in traces:
        for number, value in enumerate(trace.values, trace.first):
            middle = (number + 0.5) * trace.step_s
            there = by_time.setdefault(middle, [])
            if value is not None:
                there.append(value * scale)
    if not any(by_time.values()):
        return None
    newest = max(time for time, values in by_time.items() if values)
    times = sorted(time for time in by_time if time <= newest)
    known = [by_time[time] for time in times]
    line = PlotLine(
        TITLES[figure],
        "" if len(traces) == 1 else "mean",
        tuple(times),
        tuple(math.fsum(one) / len(one) if one else math.nan for one in known),
        COLOUR,
        lows=tuple(min(one, default=math.nan) for one in known),
        highs=tuple(max(one, default=math.nan) for one in known),
    )
    return PlotSpec(TITLES[figure], (line,), includes=INCLUDES.get(figure, ()))
