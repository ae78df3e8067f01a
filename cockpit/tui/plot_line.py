"""One curve of a plot, and what the title and the readout say of it. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.metrics.series import Point
from cockpit.tui.curve_axis import AxisMap, to_own
from cockpit.tui.ink import Line, cells, fit
from cockpit.units import MISSING, metric


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One curve of a plot."""

    name: str
    """Tells it from the other curves of a plot, also after it grew."""
    label: str
    """Before its value in the title: `train`; empty for a single curve."""
    xs: Sequence[float]
    """Rising."""
    ys: Sequence[float]
    colour: str = "s1"
    """Token: s1, s2, s3 or ghost."""
    axis: AxisMap | None = None
    """The way from its xs to the axis of the plot; None where they lie on it."""
    lows: Sequence[float] = ()
    """With `highs` the band around each value, of several GPUs; empty for none."""
    highs: Sequence[float] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    """(last x before, first x after): no line leads over it."""
    best: Point | None = field(default=None, compare=False)
    """Its best point, on its own axis; for the readout."""

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return f"{self.colour}:{self.name}" if self.colour == "ghost" else self.name

    def at(self, x: float | None) -> int:
        """Return the number of the last point up to `x` of the plot, -1 for none."""
        if x is None:
            return len(self.ys) - 1
        own = to_own(self.axis, x)
        return bisect_right(self.xs, own + abs(own) * 1e-12) - 1


def value_at(line: PlotLine, x: float | None) -> float | None:
    """Return the value at the last point up to `x`; the newest without a cursor."""
    at = line.at(x)
    return line.ys[at] if at >= 0 else None


def value_words(line: PlotLine, x: float | None) -> str:
    """Return the value at `x`, of several GPUs with the least and the most: `87 61–99`."""
    at = line.at(x)
    value = metric(line.ys[at] if at >= 0 else None)
    if not line.highs or at < 0 or line.highs[at] == line.lows[at]:
        return value
    if math.isnan(line.ys[at]):  # nothing was read there
        return MISSING
    return f"{value} {metric(line.lows[at])}–{metric(line.highs[at])}"


def title_line(
    title: str,
    lines: Sequence[PlotLine],
    best: Point | None,
    cursor_x: float | None,
    width: int,
    look: str = "strong",
    best_at: str = "",
    best_of: str = "",
) -> Line:
    """Return title left, values right; what does not fit goes: best value, labels, then values.

    What is laid over is named or goes: a bare number could be anybody's. `best_at`: where the best
    is, in words; else as a number. `best_of`: whose it is, where the curves are of several runs.
    """
    where = f"@{best_at or f'{best.x:g}'}" if best else ""
    values = [(line, value_words(line, cursor_x)) for line in lines]
    full = [(f"{line.label} {text}".strip(), line.colour) for line, text in values]
    bare = [(text, line.colour) for line, text in values]
    word = f"best {best_of}".strip()
    marks = [(f"{word} {metric(best.value)} {where}", "muted")] if best else []
    short = [(f"{word} {where}", "muted")] if best else []
    own, named = ([piece for piece in pieces if piece[1] != "ghost"] for pieces in (bare, full))
    over = [*named, *_over(lines, values)]
    ways = ([*full, *marks], [*full, *short], full, over, named, [*own, *short], own, own[:1])
    for pieces in ways:
        right = [piece for pair in pieces for piece in ((" ", "text"), pair)]
        room = width - cells(right)
        if room >= min(len(title), 10):
            return ((fit(title, room), look), *right)
    return ((fit(title, width), look),)


def _over(
    lines: Sequence[PlotLine], values: Sequence[tuple[PlotLine, str]]
) -> list[tuple[str, str]]:
    """Return `over val 0.018`: the one curve that is laid over, by its part instead of its name."""
    over = [(line, text) for line, text in values if line.colour == "ghost"]
    if len(over) != 1:
        return []
    line, text = over[0]
    part = next((one.label for one in lines if line.name.endswith(f":{one.name}")), "")
    return [(" ".join(filter(None, ("over", part, text))), "ghost")]


@dataclass(frozen=True, slots=True)
class Places:
    """In words, where a value and the best one stand."""

    here: str
    best: str = ""


def readout(
    line: PlotLine,
    best: Point | None,
    cursor_x: float | None,
    places: Places,
    smooth: float | None,
    width: int,
) -> Line:
    """Return what is exactly there: raw value, smoothed value, distance to the best."""
    value = value_at(line, cursor_x)
    pieces: list[tuple[str, str]] = [
        (f"{line.label or 'value'} ", line.colour),
        (exact(value), "strong" if line.colour != "ghost" else "ghost"),
        (f" at {places.here}", "muted"),
    ]
    if smooth is not None:
        pieces.append((f"   smooth {exact(smooth)}", "muted"))
    if best is not None and value is not None and math.isfinite(value):
        sign = "+" if value >= best.value else "−"
        delta = exact(abs(value - best.value))
        if value == best.value and places.here.endswith(f" {places.best}"):
            pieces.append(("   the best", "text"))
        else:
            pieces.append((f"   best {exact(best.value)} @{places.best}", "muted"))
            pieces.append((f"  {sign}{delta}" if value != best.value else "  the same", "text"))
    while len(pieces) > 1 and cells(pieces) > width:
        pieces.pop()
    return tuple(pieces)


def exact(value: float | None) -> str:
    """Return a value with the digits that a float of a trainer has."""
    if value is None or not math.isfinite(value):
        return metric(value)
    return f"{value:.6g}"
