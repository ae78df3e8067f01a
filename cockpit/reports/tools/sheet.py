"""The paper that the pictures of tools are drawn on: a title that says the finding, quiet axes."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from cockpit.metrics.log_lines import strip_codes
from cockpit.reports.comparison_frame import AXIS, INK, MUTED, PAPER, RULE
from cockpit.reports.fonts import drawable, families
from cockpit.reports.tools.facts import is_broken_off, main_finding, moment
from cockpit.reports.tools.setup import setup_of
from cockpit.tool_runs.result import ToolResult

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import GridSpec

DPI: Final = 150
LEFT_INCHES: Final = 0.75
RIGHT_INCHES: Final = 0.35
BOTTOM_INCHES: Final = 0.78
SETUP_INCHES: Final = 0.22
TITLE_POINTS: Final = 13.5
MOST_TITLE_LINES: Final = 2
MEDIANS: Final = "each part is a median of its own: their sum may differ from the step"
WARN: Final = "#D55E00"
"""A limit, what broke it, and what makes a training slow."""
BLUE, PINK, GREEN, AMBER, SKY, GREY = (
    "#0072B2", "#CC79A7", "#009E73", "#E69F00", "#56B4E9", "#8A949E",
)  # fmt: skip
SERIES: Final = (BLUE, GREEN, PINK, "#8C6500", SKY, "#5B6570")
"""Curves that mean nothing by their colour: none has that of a limit."""


class Sheet:
    """A figure of so many inches; panels go below its head."""

    def __init__(self, result: ToolResult, width: float, height: float, fallback: str) -> None:
        from matplotlib.figure import Figure

        self.result = result
        self.width, self.height = width, height + (SETUP_INCHES if setup_of(result) else 0.0)
        self.fonts = families(_texts(result))
        self.figure: Figure = Figure(figsize=(width, self.height), dpi=DPI, facecolor=PAPER)
        self._head = 0.2
        self._write_head(fallback)

    def text(self, text: str) -> str:
        """Return a text from outside as it can be drawn."""
        return drawable(strip_codes(text), self.fonts)

    def grid(
        self,
        rows: int,
        columns: int,
        *,
        legend: bool = False,
        left: float = LEFT_INCHES,
        **how: Any,
    ) -> GridSpec:
        """Return places for panels below the head, and below a row for the legend."""
        top = self._head + (0.58 if legend else 0.36)
        return self.figure.add_gridspec(
            rows, columns, left=left / self.width, right=1 - RIGHT_INCHES / self.width,
            top=1 - top / self.height, bottom=BOTTOM_INCHES / self.height, **how,
        )  # fmt: skip

    def legend(self, handles: Sequence[Artist], texts: Sequence[str]) -> None:
        """Write the legend between head and panels."""
        self.figure.legend(
            handles, texts, loc="upper left", ncols=len(texts), frameon=False, fontsize=9,
            bbox_to_anchor=(LEFT_INCHES / self.width, 1 - (self._head - 0.02) / self.height),
            labelcolor=INK, handlelength=1.8, handletextpad=0.6, columnspacing=1.9, borderpad=0,
            borderaxespad=0,
        )  # fmt: skip

    def foot(self, text: str = "") -> None:
        """Write below the panels what their signs mean."""
        for x, words, side in (
            (LEFT_INCHES / self.width, text, "left"),
            (1 - RIGHT_INCHES / self.width, f"cockpit {self.result.tool}", "right"),
        ):
            self.figure.text(x, 0.14 / self.height, words, fontsize=7.5, color=MUTED, ha=side)

    def _write_head(self, fallback: str) -> None:
        found = main_finding(self.result)
        title = self.text(found.what.splitlines()[0] if found and found.what else fallback)
        if "_" not in title.partition(" ")[0]:  # the name of a collective stays as it is
            title = title[:1].upper() + title[1:]
        lines = textwrap.wrap(title, int(self.width * 8.1)) or [fallback]
        if len(lines) > MOST_TITLE_LINES:
            lines = [*lines[: MOST_TITLE_LINES - 1], f"{lines[MOST_TITLE_LINES - 1]} …"]
        self._line("\n".join(lines), TITLE_POINTS, INK, "bold")
        self._head += 0.235 * len(lines) + 0.06
        if self.result.is_partial:
            how = "broken off" if is_broken_off(self.result) else "not finished"
            self._line(f"PARTIAL: {how}; more was asked than stands here", 9.5, WARN, "bold")
            self._head += 0.22
        setup = self.text(setup_of(self.result))
        if setup:
            setup = textwrap.shorten(setup, int(self.width * 12), placeholder=" …")
            self._line(setup, 9.5, INK)
            self._head += SETUP_INCHES
        under = self.text(" · ".join(_under(self.result)))
        if under:
            self._line(textwrap.shorten(under, int(self.width * 13), placeholder=" …"), 9, MUTED)
            self._head += 0.24

    def _line(self, text: str, size: float, colour: str, weight: str = "normal") -> None:
        self.figure.text(
            LEFT_INCHES / self.width, 1 - self._head / self.height, text, fontsize=size,
            color=colour, fontweight=weight, va="top", linespacing=1.25,
        )  # fmt: skip


def paint(result: ToolResult, make: Callable[[], Sheet]) -> bytes:
    """Return what `make` draws as PNG. Nothing of pyplot is touched: no window, no state."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    settings: dict[str, Any] = {
        "font.family": families(_texts(result)), "font.size": 9, "text.parse_math": False,
    }  # fmt: skip
    with mpl.rc_context(settings):
        sheet = make()
        picture = io.BytesIO()
        FigureCanvasAgg(sheet.figure).print_png(picture, metadata={"Software": "cockpit"})
    return picture.getvalue()


def dress(panel: Axes, title: str, hint: str = "", *, grid: Literal["x", "y"] = "y") -> None:
    """Give a panel its title, a hint on the right, and axes that stay in the background."""
    panel.set_facecolor(PAPER)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(AXIS)
    panel.grid(axis=grid, color=RULE, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelsize=8, labelcolor=MUTED, pad=4)
    panel.set_title(title, loc="left", fontsize=10, color=INK, fontweight="bold", pad=9)
    if hint:
        panel.set_title(hint, loc="right", fontsize=7.5, color=MUTED, pad=9)


def name_x(panel: Axes, name: str) -> None:
    """Name what goes to the right."""
    panel.set_xlabel(name, color=MUTED, fontsize=8.5, labelpad=4)


def tick_x(panel: Axes, ticks: Sequence[float]) -> None:
    """Mark these numbers below a panel, and no others."""
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.xaxis.set_tick_params(length=3, color=AXIS, labelcolor=MUTED)


def spaced(places: Sequence[float], least: float = 0.035) -> list[float]:
    """Return those places whose labels do not run into the one before; the last always stays."""
    ordered = sorted(set(places))
    if len(ordered) < 2:
        return ordered
    gap = (ordered[-1] - ordered[0]) * least
    kept = [ordered[-1]]
    for place in reversed(ordered[:-1]):
        if kept[-1] - place >= gap:
            kept.append(place)
    return kept[::-1]


def _under(result: ToolResult) -> list[str]:
    """Return what was measured, where and when: the line below the title."""
    versions = dict(result.started.versions) if result.started else {}
    told = [text if name in ("gpu", "device", "model") else f"{name} {text}"
            for name, text in versions.items() if text]  # fmt: skip
    return [*told[:8], moment(result.started.time_s if result.started else None)][
        : 9 if told else 1
    ]


def _texts(result: ToolResult) -> list[str]:
    versions = result.started.versions.values() if result.started else ()
    cells = (
        cell for rows in result.tables.values() for row in rows for cell in row.values.values()
    )
    return [
        *(finding.what for finding in result.findings),
        *(text for text in versions if text),
        setup_of(result),
        *dict.fromkeys(cell for cell in cells if isinstance(cell, str)),
    ]
