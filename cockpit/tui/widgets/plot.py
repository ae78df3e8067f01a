"""One small plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.reactive import reactive
from textual.widget import Widget

from cockpit.metrics.series import Point


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One curve of a plot."""

    name: str
    label: str
    """Before its value in the title: `train`; empty for a single curve."""
    xs: Sequence[float]
    ys: Sequence[float]
    colour: str = "s1"
    """Token: s1, s2, s3 or ghost."""


class Plot(Widget):
    """A title line with the values, and up to three curves in braille over text axes."""

    DEFAULT_CSS = "Plot { height: 1fr; }"

    title: reactive[str] = reactive("")
    series: reactive[tuple[PlotLine, ...]] = reactive(())
    x_range: reactive[tuple[float, float]] = reactive((1.0, 1.0))
    cursor_x: reactive[float | None] = reactive(None)
    best: reactive[Point | None] = reactive(None)
    log_axis: reactive[bool] = reactive(False)
    smooth: reactive[float] = reactive(0.0)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
