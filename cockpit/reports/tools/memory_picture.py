"""Peak memory by batch, and how fast each batch is: the picture of a memory sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cockpit.reports.comparison_frame import INK, PAPER
from cockpit.reports.tools.columns import number
from cockpit.reports.tools.frames import frame_of
from cockpit.reports.tools.memory_facts import (
    TABLE,
    MemoryFacts,
    is_out_of_memory,
    memory_facts,
    used_bytes,
)
from cockpit.reports.tools.sheet import (
    BLUE,
    GREEN,
    GREY,
    PINK,
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
from cockpit.units import GIB, MIB, binary

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from pandas import DataFrame

NUMBERS: Final = (
    "batch", "image_size", "allocated_bytes", "reserved_bytes", "driver_used_bytes",
    "peak_rss_bytes", "samples_per_s", "step_time_ms", "needed_bytes",
)  # fmt: skip
FITTED: Final = ("batch", "image_size", "predicted_bytes")
_LINES: Final = (
    ("driver_used_bytes", "driver", BLUE, 2.0),
    ("reserved_bytes", "torch reserved", GREEN, 1.4),
    ("allocated_bytes", "torch allocated", PINK, 1.4),
    ("peak_rss_bytes", "peak RSS", BLUE, 2.0),
)
FAR_LIMIT: Final = 2.2
"""A limit so many times above all that was measured is told, not drawn: it would flatten them."""


def draw(result: ToolResult) -> bytes | None:
    """Return the picture as PNG; None where no batch was measured. Raises ImportError."""
    frame = frame_of_memory(result)
    if frame["used"].isna().all():
        return None
    return paint(result, lambda: make_sheet(result, frame, memory_facts(result)))


def frame_of_memory(result: ToolResult) -> DataFrame:
    """Return a row for each batch, in their order, with what it `used` and whether it `is_oom`."""
    rows = result.tables.get(TABLE, ())
    frame = frame_of(rows, numbers=NUMBERS)
    frame["used"] = [used_bytes(row) for row in rows]
    frame["used"] = frame["used"].astype(float)
    frame["is_oom"] = [is_out_of_memory(row) for row in rows]
    return frame.dropna(subset=["batch"]).sort_values("batch", kind="stable")


def make_sheet(result: ToolResult, frame: DataFrame, facts: MemoryFacts) -> Sheet:
    """Return the whole picture, not painted yet."""
    sheet = Sheet(result, 10.5, 7.4, _by_size(result) or f"Peak {facts.whose} by batch")
    has_speed = frame[["samples_per_s", "step_time_ms"]].notna().any().any()
    heights = [2.1, 1.0] if has_speed else [1.0]
    grid = sheet.grid(len(heights), 2, legend=True, height_ratios=heights, hspace=0.42, wspace=0.16)
    top = sheet.figure.add_subplot(grid[0, :])
    sizes = sorted(frame["image_size"].dropna().unique())
    _draw_memory(sheet, top, frame, facts, sizes)
    if has_speed:
        for place, (column, title, hint) in enumerate((
            ("samples_per_s", "Samples/s", "higher is better"),
            ("step_time_ms", "Step time, ms", ""),
        )):  # fmt: skip
            panel = sheet.figure.add_subplot(grid[1, place])
            _draw_speed(panel, frame, column, facts.chosen, sizes)
            dress(panel, title, hint)
            name_x(panel, "batch per rank")
            panel.set_ylim(bottom=0)
    else:
        name_x(top, "batch per rank")
    what = ("peak RSS: all that the process held of the host's memory, Python and torch too"
            if facts.is_host
            else "driver: all that the process took of the card, its context too")  # fmt: skip
    sheet.foot(f"model: {sheet.text(facts.model)}; {what}" if facts.model else what)
    return sheet


def _by_size(result: ToolResult) -> str:
    """Return the answer where several image sizes were asked for; empty where none was found."""
    rows = [row.values for row in result.tables.get("by_image_size", ())]
    told = [(row.get("image_size"), row.get("batch_per_rank")) for row in rows]
    return ", ".join(f"{size} px: batch {batch}" for size, batch in told if batch is not None)


def _draw_memory(
    sheet: Sheet, panel: Axes, frame: DataFrame, facts: MemoryFacts, sizes: list[float]
) -> None:
    """Draw the memory of every batch with its limit, the chosen batch and those too large."""
    most = float(frame["used"].max())
    unit, name = (GIB, "GiB") if most >= 0.2 * GIB else (MIB, "MiB")
    ok = frame[frame["used"].notna() & ~frame["is_oom"]]
    handles, texts = _draw_lines(panel, ok, facts, unit, sizes)
    line = _draw_fit(panel, frame_of(sheet.result.tables.get("fit", ()), numbers=FITTED), unit)
    if line is not None:
        handles.append(line)
        more = facts.slope_bytes
        texts.append(f"fitted, +{binary(more)} a sample" if more is not None else "fitted")
    sheet.legend(handles, texts)
    is_near = facts.limit_bytes is not None and facts.limit_bytes < FAR_LIMIT * most
    limit = facts.limit_bytes if is_near else None
    far = facts.limit_bytes is not None and not is_near
    hint = f"limit {binary(facts.limit_bytes)}, far above" if far else ""
    dress(panel, f"Peak {facts.whose}, {name}", hint)
    if limit is not None:
        panel.axhline(limit / unit, color=WARN, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
        panel.annotate(f"limit {binary(limit)}", (0, limit / unit), (2, 4),
                       xycoords=("axes fraction", "data"), textcoords="offset points",
                       color=WARN, fontsize=8.5, fontweight="bold")  # fmt: skip
    top = max(most, limit or 0.0)
    top = max(top, _draw_failures(panel, frame, limit, unit, top))
    panel.set_ylim(0, 1.12 * top / unit or 1.0)
    _tick_batches(panel, frame)
    _draw_chosen(panel, ok, facts, unit)


def _draw_lines(
    panel: Axes, ok: DataFrame, facts: MemoryFacts, unit: int, sizes: list[float]
) -> tuple[list[Artist], list[str]]:
    """Draw a line for each image size; of one size, for each way to count its memory."""
    handles: list[Artist] = []
    texts = []
    if len(sizes) > 1:
        for at, size in enumerate(sizes):
            rows = ok[ok["image_size"] == size]
            colour = SERIES[at % len(SERIES)]
            handles += panel.plot(rows["batch"], rows["used"] / unit, color=colour,
                                  marker="o", markersize=5, linewidth=1.8)  # fmt: skip
            texts.append(f"{size:.0f} px")
        return handles, texts
    for column, text, own, width in _LINES:
        rows = ok[ok[column].notna()]
        if rows.empty:
            continue
        is_first = not handles
        colour = BLUE if is_first else own
        handles += panel.plot(rows["batch"], rows[column] / unit, color=colour, linewidth=width,
                              marker="o", markersize=6 if is_first else 3,
                              zorder=4 if is_first else 3)  # fmt: skip
        texts.append(text)
    return handles, texts


def _draw_fit(panel: Axes, fitted: DataFrame, unit: int) -> Artist | None:
    """Draw the curve that the tool predicts by, for each image size."""
    line = None
    for _, rows in fitted.dropna(subset=FITTED[::2]).groupby("image_size", dropna=False):
        ordered = rows.sort_values("batch", kind="stable")
        ys = ordered["predicted_bytes"] / unit
        line = panel.plot(ordered["batch"], ys, color=GREY, linewidth=1.6, zorder=2,
                          linestyle=(0, (1.5, 1.5)))[0]  # fmt: skip
    return line


def _draw_failures(
    panel: Axes, frame: DataFrame, limit: float | None, unit: int, top: float
) -> float:
    """Cross out each batch that ran out of memory; return how high the highest cross stands."""
    highest = 0.0
    for row in frame[frame["is_oom"]].itertuples():
        # Where nobody knows what it needed, the cross stands on the limit that it broke.
        needed = float(row.needed_bytes) if row.needed_bytes == row.needed_bytes else 0.0
        height = min(max(needed, limit or top), 1.6 * top)
        highest = max(highest, height)
        panel.plot([row.batch], [height / unit], marker="X", markersize=10, color=WARN, zorder=6,
                   markeredgecolor=PAPER, linestyle="none")  # fmt: skip
        panel.annotate(f"{row.batch:g} out of memory", (row.batch, height / unit), (-9, 5),
                       textcoords="offset points", ha="right", color=WARN, fontsize=8.5,
                       fontweight="bold", annotation_clip=False)  # fmt: skip
    return highest


def _draw_chosen(panel: Axes, ok: DataFrame, facts: MemoryFacts, unit: int) -> None:
    if facts.chosen is None:
        return
    panel.axvline(facts.chosen, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    rows = ok[ok["batch"] == facts.chosen]
    told = f"take {facts.chosen}"
    height = 0.0
    if not rows.empty:
        used = facts.chosen_bytes or float(rows["used"].max())
        height = used / unit
        told += f": {binary(used)}"
        panel.plot([facts.chosen], [height], marker="D", markersize=8, color=INK, zorder=7,
                   markeredgecolor=PAPER)  # fmt: skip
    first, last = panel.get_xlim()
    is_right = facts.chosen > (first + last) / 2
    panel.annotate(told, (facts.chosen, 0.06), (-7 if is_right else 7, 0),
                   xycoords=("data", "axes fraction"), textcoords="offset points",
                   ha="right" if is_right else "left", va="bottom", color=INK, fontsize=9.5,
                   fontweight="bold", zorder=8)  # fmt: skip


def _draw_speed(
    panel: Axes, frame: DataFrame, column: str, chosen: int | None, sizes: list[float]
) -> None:
    for at, size in enumerate(sizes or [None]):
        rows = frame[frame[column].notna()]
        if size is not None:
            rows = rows[rows["image_size"] == size]
        colour = SERIES[at % len(SERIES)] if len(sizes) > 1 else BLUE
        panel.plot(rows["batch"], rows[column], color=colour, marker="o", markersize=4,
                   linewidth=1.6)  # fmt: skip
    there = frame[(frame["batch"] == chosen) & frame[column].notna()]
    if chosen is not None and not there.empty:
        value = float(there[column].iloc[-1])
        panel.axvline(chosen, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        panel.plot([chosen], [value], marker="D", markersize=6, color=INK, markeredgecolor=PAPER,
                   zorder=5)  # fmt: skip
        panel.annotate(number(value), (chosen, value), (0, -8), textcoords="offset points",
                       ha="center", va="top", fontsize=8.5, fontweight="bold", color=INK,
                       bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0})  # fmt: skip
    _tick_batches(panel, frame)


def _tick_batches(panel: Axes, frame: DataFrame) -> None:
    batches = [float(batch) for batch in frame["batch"].unique()]
    room = max((max(batches) - min(batches)) * 0.03, 0.5)
    panel.set_xlim(max(0.0, min(batches) - room), max(batches) + room)
    ticks = spaced(batches, 0.03 if panel.get_position().width > 0.6 else 0.05)
    tick_x(panel, ticks)
