"""The curves of a comparison over each other, as a PNG: small multiples on one axis."""

from __future__ import annotations

import io
import math
import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.standing import ComparedMetric
from cockpit.analysis.comparison.subject import nan_from
from cockpit.analysis.comparison.tables import letter
from cockpit.metrics.series import Goal, MetricSeries
from cockpit.units import metric

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS: Final = 6
PANELS_IN_ROW: Final = 3
DPI: Final = 150
PANEL_INCHES: Final = (4.3, 2.75)
LEFT_INCHES, RIGHT_INCHES = 0.62, 0.3
LINE_INCHES: Final = 0.19
"""Of the verdict and the legend."""
MOST_POINTS: Final = 4000
"""Of a longer curve each so-manieth point is drawn: no more fit beside each other."""
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C6500", "#56B4E9")
"""Okabe and Ito's palette for every kind of sight (2008), its yellow darkened for white paper."""
STEPS: Final = (1, 2, 5, 10)
"""Between ticks: what people count in."""
DASHES: Final = ("solid", (0, (5, 2)), (0, (1.5, 1.5)))
"""One for each turn through the colours."""
PAPER, INK, MUTED, RULE = "#FFFFFF", "#1B222A", "#5B6570", "#E3E7EB"
_CJK_FONTS: Final = (
    "Noto Sans CJK TC", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans TC", "Noto Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft JhengHei", "PingFang TC",
    "Arial Unicode MS",
)  # fmt: skip


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
    legend_rows = -(-len(found.labels) // _in_row(found, width))
    head = 1.04 + LINE_INCHES * (len(_verdict_lines(found, width)) + legend_rows)
    height = PANEL_INCHES[1] * rows + head + 0.45
    settings: dict[str, Any] = {"font.family": _fonts(found), "font.size": 9}
    with warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        figure = Figure(figsize=(width, height), dpi=dpi, facecolor=PAPER)
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
        flat = [one for line in axes for one in line]
        for number, (panel, one) in enumerate(zip(flat, panels, strict=False)):
            _draw_panel(panel, one, found)
            if number + columns >= len(panels):  # the last of its column
                panel.set_xlabel(_axis_name(found), color=MUTED, fontsize=8.5, labelpad=3)
                panel.tick_params(labelbottom=True)
        for panel in flat[len(panels) :]:
            panel.set_visible(False)
        _draw_head(figure, found, width, height)
        _draw_foot(figure, found, panels, width, height)
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
    """Return the usual font, and one with Chinese letters where names hold some and it is there."""
    usual = ["DejaVu Sans"]
    texts = (*found.labels, *(one.name for one in found.metrics))
    if all(text.isascii() for text in texts):
        return usual
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [*usual, *[name for name in _CJK_FONTS if name in known][:1]]


def look(number: int) -> tuple[str, Any]:
    """Return the colour and the dashes of a run."""
    turn, at = divmod(number, len(COLOURS))
    return COLOURS[at], DASHES[turn % len(DASHES)]


def _curves(one: ComparedMetric, found: Comparison) -> list[tuple[int, MetricSeries]]:
    pairs = enumerate(zip(one.same.names, found.subjects, strict=True))
    return [
        (number, subject.table.series[name])
        for number, (name, subject) in pairs
        if name is not None
    ]


def _draw_panel(panel: Axes, one: ComparedMetric, found: Comparison) -> None:
    panel.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color("#B8C0C8")
    panel.grid(axis="y", color=RULE, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelsize=8, labelcolor=MUTED, pad=4)
    panel.xaxis.set_tick_params(length=3, color="#B8C0C8")
    hints = {Goal.UP: "higher is better", Goal.DOWN: "lower is better", Goal.NONE: ""}
    hint = hints[one.goal] if one.is_comparable else "counted differently"
    panel.set_title(one.name, loc="left", fontsize=10, color=INK, fontweight="bold", pad=9,
                    parse_math=False)  # fmt: skip
    if len(one.name) < 30:
        panel.set_title(hint, loc="right", fontsize=7.5, color=MUTED, pad=9)
    curves = _curves(one, found)
    spans = [_span(series, found) for _, series in curves]
    for (number, series), span in zip(curves, spans, strict=True):
        _draw_curve(panel, number, series, span)
        _draw_resumes(panel, number, found, span)
    _draw_bests(panel, one, curves, spans)
    _scale(panel, one, curves, found)


def _span(series: MetricSeries, found: Comparison) -> float:
    """Return what an x is divided by: runs that count differently are laid over their whole."""
    return 1.0 if found.axis is not None else max(series.x[-1], 1.0)


def _draw_curve(panel: Axes, number: int, series: MetricSeries, span: float) -> None:
    colour, dashes = look(number)
    step = max(1, len(series.x) // MOST_POINTS)
    xs = [x / span for x in series.x[::step]]
    ys = [value if math.isfinite(value) else math.nan for value in series.values[::step]]
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
) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    panel.yaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=3, steps=STEPS))
    if found.axis is None:
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{100 * x:.0f} %"))
    else:
        panel.xaxis.set_major_locator(
            MaxNLocator(nbins=7, integer=True, min_n_ticks=1, steps=STEPS)
        )
        panel.margins(x=0.015)
    finite = [value for _, series in curves for value in series.values if math.isfinite(value)]
    if not finite:
        panel.set_ylim(0, 1)
        return
    low, high = min(finite), max(finite)
    if one.goal is Goal.DOWN and (cap := _cap(curves)) < high:
        high = cap
        panel.text(0.015, 0.975, "cut above", transform=panel.transAxes, fontsize=7, color=MUTED,
                   va="top")  # fmt: skip
    room = (high - low) * 0.06 or abs(high) * 0.05 or 0.05
    bottom = 0.0 if one.is_share and low < 0.6 * high else low - room
    panel.set_ylim(bottom, high + room)


def _cap(curves: Sequence[tuple[int, MetricSeries]]) -> float:
    """Return up to where a falling curve is shown: its first jump would flatten all the rest."""
    finite = sorted(
        value for _, series in curves for value in series.values if math.isfinite(value)
    )
    if len(finite) < 20:
        return math.inf
    usual, lowest = finite[int(0.95 * len(finite))], finite[0]
    is_flattened = finite[-1] - lowest > 3 * (usual - lowest)
    return usual + 0.15 * (usual - lowest) if is_flattened else math.inf


def _axis_name(found: Comparison) -> str:
    return str(found.axis) if found.axis is not None else "share of the run"


def _in_row(found: Comparison, width: float) -> int:
    """Return how many runs of the legend stand beside each other."""
    longest = max(len(_legend_text(found, number)) for number in range(len(found.labels)))
    return max(1, min(len(found.labels), int(width / (0.075 * longest + 0.6))))


def _legend_text(found: Comparison, number: int) -> str:
    subject = found.subjects[number]
    done = (
        f" · {subject.epoch} {'epoch' if subject.epoch == 1 else 'epochs'}" if subject.epoch else ""
    )
    simulated = " · SIMULATED" if subject.is_simulated else ""
    return f"{letter(number)}  {shortened(subject.label, 48)}{done}{simulated}"


def shortened(text: str, most: int) -> str:
    """Return a text with `…` in its middle where it is longer than `most` letters."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def _draw_head(figure: Figure, found: Comparison, width: float, height: float) -> None:
    from matplotlib.lines import Line2D

    left = LEFT_INCHES / width
    count = len(found.labels)
    figure.text(left, 1 - 0.2 / height, f"Training curves of {count} runs", fontsize=13.5,
                fontweight="bold", color=INK, va="top")  # fmt: skip
    lines = _verdict_lines(found, width)
    figure.text(left, 1 - 0.52 / height, "\n".join(lines), fontsize=9, color=MUTED, va="top",
                parse_math=False, linespacing=1.35)  # fmt: skip
    handles, texts = [], []
    for number in range(count):
        colour, dashes = look(number)
        handles.append(Line2D([], [], color=colour, linestyle=dashes, linewidth=2.2))
        texts.append(_legend_text(found, number))
    below = 0.52 + LINE_INCHES * len(lines) + 0.08
    legend = figure.legend(handles, texts, loc="upper left", ncols=_in_row(found, width),
                           bbox_to_anchor=(left, 1 - below / height), frameon=False, fontsize=9.5,
                           labelcolor=INK, handlelength=1.7, handletextpad=0.7,
                           columnspacing=2.2, borderpad=0, borderaxespad=0)  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_foot(
    figure: Figure,
    found: Comparison,
    panels: Sequence[ComparedMetric],
    width: float,
    height: float,
) -> None:
    figure.text(LEFT_INCHES / width, 0.14 / height, _key(found, panels), fontsize=7.5,
                color=MUTED, va="bottom")  # fmt: skip
    figure.text(1 - RIGHT_INCHES / width, 0.14 / height, "cockpit compare", fontsize=7.5,
                color=MUTED, va="bottom", ha="right")  # fmt: skip


def _verdict_lines(found: Comparison, width: float) -> list[str]:
    lines = textwrap.wrap(found.verdict.text, int(width * 13.2))
    return lines if len(lines) < 3 else [lines[0], f"{lines[1]}…"]


def _key(found: Comparison, panels: Sequence[ComparedMetric]) -> str:
    """Return what the signs mean, of those that are there."""
    shown = [series for one in panels for _, series in _curves(one, found)]
    told = ["○ best value, in the corner by run"]
    if any(subject.table.resumed_after for subject in found.subjects):
        told.append("dashed upright: resumed")
    if any(nan_from(series) is not None for series in shown):
        told.append("✕ first NaN or infinite value")
    left_out = sum(map(_is_drawn, found.metrics)) - len(panels)
    if left_out:
        told.append(f"{left_out} more metrics in comparison_report.md")
    return "     ".join(told)
