"""Where a step of training goes, as one bar."""

from __future__ import annotations

from typing import Final

from cockpit.reports.comparison_frame import INK, MUTED, PAPER
from cockpit.reports.tools.columns import number
from cockpit.reports.tools.frames import frame_of
from cockpit.reports.tools.sheet import (
    AMBER,
    BLUE,
    GREEN,
    GREY,
    MEDIANS,
    PINK,
    SKY,
    WARN,
    Sheet,
    dress,
    name_x,
    paint,
)
from cockpit.tool_runs.result import ToolResult

PHASES: Final = {
    "data_wait": AMBER, "host_to_device": SKY, "forward": BLUE, "backward": "#004B76",
    "optimizer": GREEN, "collective": WARN, "communication": WARN, "other": GREY,
}  # fmt: skip
"""Computing is blue, waiting is warm."""
IN_ROW: Final = 4
LEAST_SHARE: Final = 0.055
"""A narrower piece has no room for its share."""


def draw(result: ToolResult) -> bytes | None:
    """Return the picture as PNG; None where no phase was timed. Raises ImportError."""
    frame = frame_of(
        result.tables.get("steptime", ()), texts=["phase"], numbers=["time_ms", "share_pct"]
    )
    frame = frame[frame["time_ms"] > 0]
    if frame.empty:
        return None
    phases = [(str(one.phase), float(one.time_ms)) for one in frame.itertuples()]
    return paint(result, lambda: _sheet(result, phases))


def _sheet(result: ToolResult, phases: list[tuple[str, float]]) -> Sheet:
    total = sum(time_ms for _, time_ms in phases)
    rows = -(-len(phases) // IN_ROW)
    sheet = Sheet(result, 10.5, 2.75 + 0.7 * rows, f"A step takes {number(total)} ms")
    grid = sheet.grid(2, 1, height_ratios=[1.0, 0.85 * rows], hspace=0.6)
    panel, key = (sheet.figure.add_subplot(grid[row]) for row in (0, 1))
    dress(panel, f"Phases of a step: {number(round(total, 3))} ms together", grid="x")
    at, colours = 0.0, _colours([name for name, _ in phases])
    for name, time_ms in phases:
        panel.barh([0], [time_ms], left=[at], color=colours[name], height=0.8, edgecolor=PAPER,
                   linewidth=1.2)  # fmt: skip
        if time_ms / total >= LEAST_SHARE:
            panel.text(at + time_ms / 2, 0, f"{100 * time_ms / total:.0f} %", ha="center",
                       va="center", color=_on(colours[name]), fontsize=10.5,
                       fontweight="bold")  # fmt: skip
        at += time_ms
    panel.set_yticks([])
    panel.set_xlim(0, total)
    name_x(panel, "milliseconds")
    key.axis("off")
    for place, (name, time_ms) in enumerate(phases):
        row, column = divmod(place, IN_ROW)
        x, y = column / IN_ROW, 1 - (row + 0.5) / rows
        key.plot([x + 0.006], [y], marker="s", markersize=9, color=colours[name], clip_on=False)
        share = f"{100 * time_ms / total:.1f} %"
        key.text(x + 0.024, y + 0.02, sheet.text(name.replace("_", " ")), color=INK, fontsize=9.5,
                 va="bottom", fontweight="bold")  # fmt: skip
        key.text(x + 0.024, y - 0.02, f"{number(time_ms)} ms · {share}", color=MUTED, fontsize=9,
                 va="top")  # fmt: skip
    key.set_xlim(0, 1)
    key.set_ylim(0, 1)
    sheet.foot(f"warm colours: the device waits; {MEDIANS}")
    return sheet


def _colours(names: list[str]) -> dict[str, str]:
    """Return a colour for each phase; those that nobody foresaw share what is left."""
    spare = [PINK, "#8C6500", "#5B6570", "#B8C0C8"]
    known = {name: PHASES[key] for name in names if (key := name.replace(" ", "_")) in PHASES}
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    return known | {name: spare[at % len(spare)] for at, name in enumerate(unknown)}


def _on(colour: str) -> str:
    """Return what can be read on a colour."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return PAPER if 0.299 * red + 0.587 * green + 0.114 * blue < 150 else INK
