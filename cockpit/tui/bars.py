"""Bars and histories as pieces of text. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cockpit.tui.axes import LARGEST
from cockpit.tui.glyphs import HISTORY
from cockpit.tui.ink import Line

SPARK_VALUES: Final = 4096
"""A sparkline looks at no more values than this: it is painted anew at every refresh."""


def bar(part: float | None, width: int, colour: str = "load4") -> Line:
    """Return a bar of `width` cells for a part from 0 to 1, in half cells; None: the track alone.

    A part above 0 shows at least half a cell, a part below 1 never fills the last half.
    """
    halves = 0
    if part is not None and math.isfinite(part) and part > 0:
        halves = min(2 * width, max(1, round(part * 2 * width)))
        if part < 1:
            halves = min(halves, 2 * width - 1)
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return ((full, colour), ("─" * (width - len(full)), "line"))


def level(part: float) -> str:
    """Return the block for a part from 0 to 1; there are six."""
    return HISTORY[max(0, min(len(HISTORY) - 1, int(part * len(HISTORY))))]


def history(values: Sequence[float | None], width: int, colour: str = "load3") -> Line:
    """Return the last `width` percentages as blocks; `·` where nothing was read."""
    shown = values[-width:] if width else ()
    text = "".join("·" if value is None else level(value / 100) for value in shown)
    missing = "·" * (width - len(text))
    return split_gaps(missing + text, colour)


def split_gaps(text: str, colour: str) -> Line:
    """Return blocks in `colour` and the dots between them in `faint`."""
    out: list[tuple[str, str]] = []
    for sign in text:
        look = "faint" if sign == "·" else colour
        if out and out[-1][1] == look:
            out[-1] = (out[-1][0] + sign, look)
        else:
            out.append((sign, look))
    return tuple(out)


def sparkline(values: Sequence[float], width: int, colour: str = "load4") -> Line:
    """Return a curve as at most `width` blocks between its least and its greatest finite value.

    Of a very long curve only every so many values count.
    """
    step = -(-len(values) // SPARK_VALUES) or 1
    known = (value for value in values[::step] if math.isfinite(value))
    finite = [max(-LARGEST, min(LARGEST, value)) for value in known]
    if not finite or width <= 0:
        return ((" " * width, colour),)
    low, high = min(finite), max(finite)
    span = (high - low) or 1.0
    means = [_mean(part) for part in _parts(finite, min(width, len(finite)))]
    text = "".join(level((mean - low) / span * 0.999) for mean in means)
    return ((text.ljust(width), colour),)


def _parts(values: Sequence[float], count: int) -> list[Sequence[float]]:
    edges = [len(values) * number // count for number in range(count + 1)]
    return [values[low:high] for low, high in pairwise(edges)]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
