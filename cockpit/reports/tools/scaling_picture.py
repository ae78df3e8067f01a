"""Throughput against the ideal, efficiency, and where a step goes: the picture of scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cockpit.reports.comparison_frame import INK, PAPER
from cockpit.reports.tools.columns import number
from cockpit.reports.tools.frames import frame_of
from cockpit.reports.tools.sheet import (
    AMBER,
    BLUE,
    GREY,
    MEDIANS,
    SERIES,
    WARN,
    Sheet,
    dress,
    name_x,
    paint,
    spaced,
    tick_x,
)
from cockpit.tool_runs.result import ToolResult

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from pandas import DataFrame

NUMBERS: Final = (
    "world_size", "batch_per_rank", "samples_per_s", "step_time_ms", "scaling_efficiency",
    "data_wait_ms", "compute_ms", "communication_ms",
)  # fmt: skip
PARTS: Final = (
    ("compute_ms", "computing", BLUE),
    ("data_wait_ms", "waiting for data", AMBER),
    ("communication_ms", "communication", WARN),
    ("other_ms", "other", GREY),
)
MOST_BARS: Final = 16
NAMES_INCHES: Final = 2.1
"""Room for the names of the bars."""


class Curve(NamedTuple):
    """One way of scaling, over the number of ranks."""

    name: str
    colour: str
    rows: DataFrame


def draw(result: ToolResult) -> bytes | None:
    """Return the picture as PNG; None where no throughput was measured. Raises ImportError."""
    frame = frame_of(result.tables.get("scaling", ()), texts=["mode", "method"], numbers=NUMBERS)
    frame = frame.dropna(subset=["world_size", "samples_per_s"])
    if frame.empty:
        return None
    return paint(result, lambda: _sheet(result, frame))


def _sheet(result: ToolResult, frame: DataFrame) -> Sheet:
    curves = _curves(frame)
    parts = [column for column, _, _ in PARTS[:-1]]
    split = frame.dropna(subset=parts, how="all")
    left = split["step_time_ms"] - split[parts].sum(axis=1)
    split = split.assign(
        other_ms=left.clip(lower=0.0).fillna(0.0),
        step_time_ms=split["step_time_ms"].fillna(split[parts].sum(axis=1)),
    )
    split = split.iloc[:MOST_BARS]
    below = 0.0 if split.empty else 1.1 + 0.27 * len(split)
    sheet = Sheet(result, 10.5, 5.4 + below, "Throughput by number of ranks")
    heights = [3.2, below - 0.55] if below else [1.0]
    how: dict[str, Any] = {
        "legend": True,
        "height_ratios": heights,
        "hspace": 1.1 / (1.6 + below / 2),
    }
    grid = sheet.grid(len(heights), 2, wspace=0.16, **how)
    speed, share = (sheet.figure.add_subplot(grid[0, at]) for at in (0, 1))
    dress(speed, "Throughput, samples/s", "grey: ideal")
    dress(share, "Scaling efficiency", "100 % is linear")
    handles = [_draw_throughput(speed, one) for one in curves]
    for one in curves:
        _draw_efficiency(share, one)
    share.axhline(100, color=GREY, linewidth=1.2, linestyle=(0, (1.5, 1.5)), zorder=1)
    share.set_ylim(0, max(109.0, 108 * float(frame["scaling_efficiency"].max() or 0)))
    share.yaxis.set_major_formatter("{x:.0f} %")
    speed.yaxis.set_major_formatter("{x:,.0f}")
    speed.set_ylim(bottom=0)
    for panel in (speed, share):
        _tick_ranks(panel, frame)
    if not split.empty:
        indented = sheet.grid(2, 1, left=NAMES_INCHES, **how)
        _draw_split(sheet, sheet.figure.add_subplot(indented[1, 0]), split)
    sheet.legend(handles, [sheet.text(one.name) for one in curves])
    note = "weak: the batch of a rank stays; strong: the global batch stays"
    sheet.foot(f"{note}; {MEDIANS}")
    return sheet


def _curves(frame: DataFrame) -> list[Curve]:
    several = frame["method"].nunique() > 1
    curves = []
    for at, ((mode, method), found) in enumerate(frame.groupby(["mode", "method"], sort=False)):
        name = " ".join(part for part in (mode, method if several else "") if part)
        rows = found.sort_values("world_size", kind="stable")
        curves.append(Curve(name.replace("_", " ") or "measured", SERIES[at % len(SERIES)], rows))
    return curves


def _draw_throughput(panel: Axes, one: Curve) -> Artist:
    rows = one.rows
    first = rows.iloc[0]
    alone = float(first["samples_per_s"]) / float(first["world_size"] or 1)
    if len(rows) > 1:
        ends = [float(first["world_size"]), float(rows["world_size"].max())]
        panel.plot(ends, [alone * ranks for ranks in ends], color=GREY, linewidth=1.2,
                   linestyle=(0, (1.5, 1.5)), zorder=1)  # fmt: skip
    lines = panel.plot(rows["world_size"], rows["samples_per_s"], color=one.colour, marker="o",
                       markersize=5.5, linewidth=1.9, zorder=3)  # fmt: skip
    last = rows.iloc[-1]
    _label(panel, last["world_size"], last["samples_per_s"], number(round(last["samples_per_s"])),
           one.colour)  # fmt: skip
    return lines[0]


def _draw_efficiency(panel: Axes, one: Curve) -> None:
    rows = one.rows.dropna(subset=["scaling_efficiency"])
    if rows.empty:
        return
    shares = 100 * rows["scaling_efficiency"]
    panel.plot(rows["world_size"], shares, color=one.colour, marker="o", markersize=5.5,
               linewidth=1.9, zorder=3)  # fmt: skip
    _label(panel, rows["world_size"].iloc[-1], shares.iloc[-1], f"{shares.iloc[-1]:.0f} %",
           one.colour)  # fmt: skip


def _label(panel: Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write the last value of a curve below its end."""
    panel.annotate(text, (x, y), (0, -14), textcoords="offset points", ha="center", color=colour,
                   fontsize=8.5, fontweight="bold", zorder=6,
                   bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.8,
                         "alpha": 0.8})  # fmt: skip


def _tick_ranks(panel: Axes, frame: DataFrame) -> None:
    ticks = spaced([float(ranks) for ranks in frame["world_size"].unique()], 0.04)
    tick_x(panel, ticks)
    room = max(0.07 * (ticks[-1] - ticks[0]), 0.5)
    panel.set_xlim(ticks[0] - room, ticks[-1] + room)
    name_x(panel, "ranks")


def _draw_split(sheet: Sheet, panel: Axes, split: DataFrame) -> None:
    """Draw a bar for each measurement: where the time of a step goes."""
    from matplotlib.patches import Patch

    dress(panel, "Where a step goes, ms", grid="x")
    names = []
    several = split["method"].nunique() > 1
    for at, row in enumerate(split.to_dict("records")):
        left = 0.0
        parts = [(float(row[column] or 0), colour) for column, _, colour in PARTS]
        known = [(value if value == value else 0.0, colour) for value, colour in parts]
        total = sum(value for value, _ in known)
        for value, colour in known:
            panel.barh([at], [value], left=[left], color=colour, height=0.72, edgecolor=PAPER,
                       linewidth=0.8)  # fmt: skip
            left += value
        told = f" {number(round(float(row['step_time_ms']), 2))}"
        told += f"   {100 * (total - known[0][0]) / total:.0f} % not computing" if total else ""
        panel.annotate(told, (left, at), (3, 0), textcoords="offset points", va="center",
                       fontsize=8, color=INK)  # fmt: skip
        method = f" {row['method']}" if several else ""
        names.append(sheet.text(f"{row['mode']}{method} × {row['world_size']:g}".replace("_", " ")))
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.tick_params(axis="y", labelcolor=INK)
    panel.set_xlim(0, 1.28 * panel.dataLim.x1 or 1.0)  # room for the words
    handles = [Patch(facecolor=colour) for _, _, colour in PARTS]
    panel.legend(handles, [text for _, text, _ in PARTS], loc="lower right", ncols=len(PARTS),
                 frameon=False, fontsize=8.5, bbox_to_anchor=(1.0, 1.0), labelcolor=INK,
                 handlelength=1.0, handleheight=0.9, borderaxespad=0.15,
                 columnspacing=1.5)  # fmt: skip
