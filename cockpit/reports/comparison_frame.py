"""What stands around the curves of a comparison: title, verdict, legend, what the signs mean."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cockpit.analysis.comparison.comparing import Comparison
from cockpit.analysis.comparison.subject import nan_from
from cockpit.analysis.comparison.tables import letter
from cockpit.analysis.comparison.words import writable
from cockpit.metrics.series import MetricSeries

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.figure import Figure

LEFT_INCHES, RIGHT_INCHES = 0.62, 0.3
"""Of the margins."""
LINE_INCHES: Final = 0.19
"""Of the verdict and the legend."""
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C6500", "#56B4E9")
"""Okabe and Ito's palette for every kind of sight (2008), its yellow darkened for white paper."""
DASHES: Final = ("solid", (0, (5, 2)), (0, (1.5, 1.5)))
"""One for each turn through the colours."""
PAPER, INK, MUTED, RULE, AXIS = "#FFFFFF", "#1B222A", "#5B6570", "#E3E7EB", "#B8C0C8"


def look(number: int) -> tuple[str, Any]:
    """Return the colour and the dashes of a run."""
    turn, at = divmod(number, len(COLOURS))
    return COLOURS[at], DASHES[turn % len(DASHES)]


def head_inches(found: Comparison, width: float) -> float:
    """Return how high title, verdict and legend are together."""
    legend_rows = -(-len(found.labels) // _in_row(found, width))
    return 1.04 + LINE_INCHES * (len(_verdict_lines(found, width)) + legend_rows)


def _in_row(found: Comparison, width: float) -> int:
    """Return how many runs of the legend stand beside each other."""
    longest = max(len(_legend_text(found, number)) for number in range(len(found.labels)))
    return max(1, min(len(found.labels), int(width / (0.075 * longest + 0.6))))


def _legend_text(found: Comparison, number: int) -> str:
    subject = found.subjects[number]
    plural = "" if subject.epoch == 1 else "s"
    done = f" · {subject.epoch} epoch{plural}" if subject.epoch else ""
    simulated = " · SIMULATED" if subject.is_simulated else ""
    return f"{letter(number)}  {shortened(writable(subject.label), 48)}{done}{simulated}"


def shortened(text: str, most: int) -> str:
    """Return a text with `…` in its middle where it is longer than `most` letters."""
    if len(text) <= most:
        return text
    half = (most - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def draw_head(figure: Figure, found: Comparison, width: float, height: float) -> None:
    """Write title, verdict and legend over a figure of so many inches."""
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


def draw_foot(figure: Figure, key: str, width: float, height: float) -> None:
    """Write below the curves what their signs mean."""
    figure.text(LEFT_INCHES / width, 0.14 / height, key, fontsize=7.5,
                color=MUTED, va="bottom")  # fmt: skip
    figure.text(1 - RIGHT_INCHES / width, 0.14 / height, "cockpit compare", fontsize=7.5,
                color=MUTED, va="bottom", ha="right")  # fmt: skip


def _verdict_lines(found: Comparison, width: float) -> list[str]:
    lines = textwrap.wrap(writable(found.verdict.text), int(width * 13.2))
    return lines if len(lines) < 3 else [lines[0], f"{lines[1]}…"]


def key_words(found: Comparison, shown: Sequence[MetricSeries], left_out: int) -> str:
    """Return what the signs mean, of those that are there, and how many metrics are not drawn."""
    told = ["○ best value, in the corner by run"]
    if any(subject.table.resumed_after for subject in found.subjects):
        told.append("dashed upright: resumed")
    if any(nan_from(series) is not None for series in shown):
        told.append("✕ first NaN or infinite value")
    if left_out:
        told.append(f"{left_out} more metrics in comparison_report.md")
    return "     ".join(told)
