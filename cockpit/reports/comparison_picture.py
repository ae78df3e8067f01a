"""The curves of a comparison over each other, as a PNG: small multiples on one axis."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.standing import ComparedMetric
from cockpit.analysis.comparison.subject import nan_from
from cockpit.analysis.comparison.tables import letter
from cockpit.analysis.comparison.words import writable
from cockpit.metrics.series import Goal, MetricSeries
from cockpit.reports.comparison_frame import (
    AXIS,
    INK,
    LEFT_INCHES,
    MUTED,
    PAPER,
    RIGHT_INCHES,
    RULE,
    draw_foot,
    draw_head,
    head_inches,
    key_words,
    look,
)
from cockpit.reports.fonts import families
from cockpit.units import metric

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.axes import Axes

MOST_PANELS: Final = 6
PANELS_IN_ROW: Final = 3
DPI: Final = 150
PANEL_INCHES: Final = (4.3, 2.75)
LONG_NAME: Final = 30
"""Beside a name of so many letters there is no room for a hint."""
MOST_POINTS: Final = 4000
"""Of a longer curve each so-manieth point is drawn: no more fit beside each other."""
LARGEST_DRAWN: Final = 1e100
"""Beyond it no axis can be drawn, for matplotlib's limits overflow; float32 ends at 3e38."""
STEPS: Final = (1, 2, 5, 10)
"""Between ticks: what people count in."""


def draw(found: Comparison, *, dpi: int = DPI) -> bytes | None:
    """Return the picture as PNG; None where no metric has a curve to draw.

    Raises ImportError without matplotlib. Nothing of pyplot is touched: no window, no state.
    """
    panels = [one for one in found.metrics if _is_drawn(one)][:MOST_PANELS]
    if not panels:
        return None
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(panels), PANELS_IN_ROW if len(panels) != 4 else 2)
    rows = -(-len(panels) // columns)
    width = PANEL_INCHES[0] * max(columns, 2)
    head = head_inches(found, width)
    height = PANEL_INCHES[1] * rows + head + 0.45
    settings: dict[str, Any] = {"font.family": _fonts(found), "font.size": 9}
    with warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure = Figure(figsize=(width, height), dpi=dpi, facecolor=PAPER)
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
        flat = [one for line in axes for one in line]
        for number, (panel, one) in enumerate(zip(flat, panels, strict=False)):
            draw_panel(panel, one, found)
            if number + columns >= len(panels):  # the last of its column
                panel.set_xlabel(_axis_name(found), color=MUTED, fontsize=8.5, labelpad=3)
                panel.tick_params(labelbottom=True)
        for panel in flat[len(panels) :]:
            panel.set_visible(False)
        draw_head(figure, found, width, height)
        shown = [series for one in panels for _, series in _curves(one, found)]
        left_out = sum(map(_is_drawn, found.metrics)) - len(panels)
        draw_foot(figure, key_words(found, shown, left_out), width, height)
        figure.subplots_adjust(
            left=LEFT_INCHES / width, right=1 - RIGHT_INCHES / width, top=1 - head / height,
            bottom=0.72 / height, wspace=0.22, hspace=0.34,
        )  # fmt: skip
        picture = io.BytesIO()
        canvas.print_png(picture, metadata={"Software": "cockpit"})
    return picture.getvalue()


def _is_drawn(one: ComparedMetric) -> bool:
    return any(standing.last is not None for standing in one.standings)


def _fonts(found: Comparison) -> list[str]:
    return families((*found.labels, *(one.name for one in found.metrics)))


def _curves(one: ComparedMetric, found: Comparison) -> list[tuple[int, MetricSeries]]:
    pairs = enumerate(zip(one.same.names, found.subjects, strict=True))
    return [
        (number, subject.table.series[name])
        for number, (name, subject) in pairs
        if name is not None
    ]


def draw_panel(panel: Axes, one: ComparedMetric, found: Comparison) -> None:
    """Draw one metric: its curves, what has to be known of them, and title and hint above."""
    panel.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(AXIS)
    panel.grid(axis="y", color=RULE, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelsize=8, labelcolor=MUTED, pad=4)
    panel.xaxis.set_tick_params(length=3, color=AXIS)
    hints = {Goal.UP: "higher is better", Goal.DOWN: "lower is better", Goal.NONE: ""}
    curves = _curves(one, found)
    left_out = _left_out(curves)
    pad = 18 if left_out else 9
    panel.set_title(writable(one.name), loc="left", fontsize=10, color=INK, fontweight="bold",
                    pad=pad, parse_math=False)  # fmt: skip
    panel.annotate(left_out, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points",
                   fontsize=7.5, color=MUTED)  # fmt: skip
    spans = [_span(series, found) for _, series in curves]
    for (number, series), span in zip(curves, spans, strict=True):
        _draw_curve(panel, number, series, span)
        _draw_resumes(panel, number, found, span)
    _draw_bests(panel, one, curves, spans)
    is_cut = _scale(panel, one, curves, found)
    hint = hints[one.goal] if one.is_comparable else "counted differently"
    if len(one.name) < LONG_NAME:
        panel.set_title(f"{hint} · cut above" if is_cut else hint, loc="right", fontsize=7.5,
                        color=MUTED, pad=pad)  # fmt: skip


def _left_out(curves: Sequence[tuple[int, MetricSeries]]) -> str:
    """Return that some finite values are not drawn; empty where all are."""
    values = (value for _, series in curves for value in series.values)
    is_beyond = any(math.isfinite(value) and not _is_drawable(value) for value in values)
    return f"values beyond ±{LARGEST_DRAWN:g} are not drawn" if is_beyond else ""


def _is_drawable(value: float) -> bool:
    return abs(value) <= LARGEST_DRAWN  # False for NaN


def _span(series: MetricSeries, found: Comparison) -> float:
    """Return what an x is divided by: runs that count differently are laid over their whole."""
    return 1.0 if found.axis is not None else max(series.x[-1], 1.0)


def _draw_curve(panel: Axes, number: int, series: MetricSeries, span: float) -> None:
    colour, dashes = look(number)
    step = max(1, len(series.x) // MOST_POINTS)
    xs = [x / span for x in series.x[::step]]
    ys = [value if _is_drawable(value) else math.nan for value in series.values[::step]]
    marker = "o" if len(xs) == 1 else None
    panel.plot(xs, ys, color=colour, linestyle=dashes, linewidth=1.6, marker=marker,
               markersize=4, solid_capstyle="round", zorder=3 - number * 0.01)  # fmt: skip
    lost = nan_from(series)
    if lost is not None:
        panel.plot([lost / span], [0.04], marker="X", markersize=7, color=colour, zorder=5,
                   markeredgecolor=PAPER, transform=panel.get_xaxis_transform())  # fmt: skip


def _draw_resumes(panel: Axes, number: int, found: Comparison, span: float) -> None:
    for x in found.subjects[number].table.resumed_after:
        panel.axvline((x + 0.5) / span, color=look(number)[0], linewidth=0.9,
                      linestyle=(0, (2, 2)), alpha=0.65, zorder=1)  # fmt: skip


def _draw_bests(
    panel: Axes,
    one: ComparedMetric,
    curves: Sequence[tuple[int, MetricSeries]],
    spans: Sequence[float],
) -> None:
    """Ring the best point of each run, and write the value in the run's colour."""
    told = []
    for (number, _), span in zip(curves, spans, strict=True):
        best = one.standings[number].best
        if best is None:
            continue
        colour = look(number)[0]
        if _is_drawable(best.value):
            panel.plot([best.x / span], [best.value], marker="o", markersize=6.5, color=PAPER,
                       markeredgecolor=colour, markeredgewidth=1.7, zorder=6,
                       clip_on=False)  # fmt: skip
        told.append((f"{letter(number)}  {metric(best.value)}", colour))
    if len(told) > 4:
        return
    # In the corner where curves of this kind are not: below those that rise, above those that fall.
    low = one.goal is Goal.UP
    for place, (text, colour) in enumerate(reversed(told) if low else told):
        height = 0.055 + 0.095 * place if low else 0.945 - 0.095 * place
        panel.text(0.985, height, text, transform=panel.transAxes, ha="right",
                   va="bottom" if low else "top", fontsize=8.5, color=colour, zorder=7,
                   fontweight="bold")  # fmt: skip


def _scale(
    panel: Axes,
    one: ComparedMetric,
    curves: Sequence[tuple[int, MetricSeries]],
    found: Comparison,
) -> bool:
    """Choose axes and ticks; return True where the top of the curves is cut off."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    panel.yaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=3, steps=STEPS))
    if found.axis is None:
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f} %"))
    else:
        panel.xaxis.set_major_locator(
            MaxNLocator(nbins=7, integer=True, min_n_ticks=1, steps=STEPS)
        )
        panel.margins(x=0.015)
    finite = [value for _, series in curves for value in series.values if _is_drawable(value)]
    if not finite:
        panel.set_ylim(0, 1)
        return False
    low, high = min(finite), max(finite)
    cap = _cap(curves) if one.goal is Goal.DOWN else math.inf
    is_cut, high = cap < high, min(cap, high)
    room = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    bottom = 0.0 if one.is_share and low < 0.6 * high else low - room
    panel.set_ylim(bottom, high + room)
    return is_cut


def _cap(curves: Sequence[tuple[int, MetricSeries]]) -> float:
    """Return up to where a falling curve is shown: its first jump would flatten all the rest."""
    finite = sorted(value for _, series in curves for value in series.values if _is_drawable(value))
    if len(finite) < 20:
        return math.inf
    usual, lowest = finite[int(0.95 * len(finite))], finite[0]
    is_flattened = finite[-1] - lowest > 3 * (usual - lowest)
    return usual + 0.15 * (usual - lowest) if is_flattened else math.inf


def _axis_name(found: Comparison) -> str:
    return str(found.axis) if found.axis is not None else "share of the run"
