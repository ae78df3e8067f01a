"""The signs at a plot for what deserves a mark, and what they mean. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.curve_marks import CurveMark, MarkKind, Pieces, curve_marks
from cockpit.metrics.blocks import Blocks
from cockpit.metrics.series import Axis, Goal
from cockpit.tui.axes import column_of
from cockpit.tui.curve_axis import AxisMap, to_shown
from cockpit.tui.ink import Line, cells, cut
from cockpit.units import metric

_SIGNS: Final = {
    MarkKind.NOT_FINITE: ("✗", "danger"),
    MarkKind.SPIKE: ("▲", "attention"),
    MarkKind.PLATEAU: ("═", "muted"),
}
LEGEND: Final = (
    "▾ ▴ the best point · ┊ a resumed part begins · ✗ NaN or infinite · ▲ a spike: far off its "
    "neighbours and gone after · ═ no better by 1 % since · ⇑ ⇓ at the edge: values off the scale"
)
"""For the help."""


@dataclass(frozen=True, slots=True)
class PlotMark:
    """A sign on the axis of a plot."""

    x: float
    """As the curve counts."""
    sign: str
    look: str
    words: str
    end: float | None = None
    """A stretch is drawn up to here."""


def plot_marks(blocks: Blocks, goal: Goal, axis: Axis) -> tuple[PlotMark, ...]:
    """Return the marks of a curve."""
    xs, lows, highs, finite = blocks.pieces()
    return tuple(map(_plot_mark, curve_marks(Pieces(xs, lows, highs, finite), goal, axis)))


def _plot_mark(mark: CurveMark) -> PlotMark:
    sign, look = _SIGNS[mark.kind]
    match mark.kind:
        case MarkKind.NOT_FINITE:
            words = f"NaN @{mark.x:g}"
            if mark.end is not None and mark.end > mark.x:
                words = f"NaN @{mark.x:g} to {mark.end:g}"
        case MarkKind.SPIKE:
            words = f"spike {metric(mark.value)} @{mark.x:g}"
        case MarkKind.PLATEAU:
            words = f"no better by 1 % since {mark.x:g}"
    return PlotMark(mark.x, sign, look, words, mark.end)


def with_marks(
    axis_line: Line,
    marks: Sequence[PlotMark],
    axis: AxisMap | None,
    x_range: tuple[float, float],
) -> Line:
    """Return the line of the axis with the signs on its rule; its words stay as they are."""
    width = cells(axis_line)
    low, high = x_range
    for mark in sorted(marks, key=lambda one: one.sign != "═"):
        start = to_shown(axis, mark.x)
        end = to_shown(axis, mark.end) if mark.end is not None else start
        if end < low or start > high:
            continue
        first = column_of(max(start, low), x_range, width)
        last = column_of(min(end, high), x_range, width)
        for column in range(first, last + 1):
            axis_line = _on_rule(axis_line, column, (mark.sign, mark.look), width)
    return axis_line


def _on_rule(line: Line, column: int, piece: tuple[str, str], width: int) -> Line:
    """Return the line with a sign at the column, or at the nearest place that is no word."""
    is_stretch = piece[0] == "═"
    for at in (column,) if is_stretch else (column, column + 1, column - 1, column + 2, column - 2):
        there = "".join(text for text, _ in cut(line, at, 1)) if 0 <= at < width else ""
        if there in ("─", "═"):
            return put(line, at, piece)
    return line


def put(line: Line, column: int, piece: tuple[str, str]) -> Line:
    """Return the line with a piece laid over it from `column` on."""
    after = column + len(piece[0])
    return (*cut(line, 0, column), piece, *cut(line, after, cells(line)))


def behind(line: Line, column: int, piece: tuple[str, str]) -> Line:
    """Return the line with a piece where nothing is drawn yet."""
    there = "".join(text for text, _ in cut(line, column, 1))
    return line if there.strip(" \u2800") else put(line, column, piece)


def legend_line(marks: Iterable[PlotMark], width: int) -> Line:
    """Return what the signs of this plot stand for, as many as fit."""
    line: Line = ()
    for mark in marks:
        piece: Line = ((f"{mark.sign} ", mark.look), (f"{mark.words}   ", "muted"))
        if cells(line) + cells(piece) > width:
            break
        line += piece
    return line
