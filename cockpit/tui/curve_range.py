"""What part of an axis is shown: zoomed, moved, and in words. Pure."""

from __future__ import annotations

from typing import Final, TypeAlias

from cockpit.metrics.series import Axis
from cockpit.tui.curve_axis import AxisWords

Range: TypeAlias = tuple[float, float]

ZOOM: Final = 0.6
"""What is left of the range by one step closer."""
LEAST_POINTS: Final = 4.0
"""So many points are seen at least."""
MOST_POINTS_TO_STEP: Final = 1000
"""Up to so many the cursor moves from point to point, else by a cell."""


def zoomed(shown: Range, whole: Range, around: float, steps: int, least: float) -> Range | None:
    """Return the range closer to `around`, or farther from it; None for all of it."""
    low, high = shown
    span = (high - low) * ZOOM**steps
    span = max(min(span, whole[1] - whole[0]), least)
    if span >= (whole[1] - whole[0]) * 0.999:
        return None
    around = max(low, min(high, around))
    share = (around - low) / (high - low) if high > low else 0.5
    return moved((around - share * span, around + (1 - share) * span), whole, 0.0)


def on_whole(view: Range | None) -> Range | None:
    """Return the range with whole ends, for epochs and steps."""
    return view and (float(round(view[0])), float(round(view[1])))


def moved(shown: Range, whole: Range, part: float) -> Range:
    """Return the range moved by a part of itself, to the ends of the whole at most."""
    low, high = shown
    span = high - low
    low = max(whole[0], min(whole[1] - span, low + part * span))
    return low, low + span


def followed(view: Range, x: float, whole: Range) -> Range:
    """Return the range moved so that an x is in it."""
    low, high = view
    if low <= x <= high:
        return view
    shift = x - high if x > high else x - low
    return moved((low + shift, high + shift), whole, 0.0)


def range_words(view: Range | None, whole: Range, words: AxisWords) -> str:
    """Return `epochs 20–60 of 100`, or what the axis is where all is shown."""
    name = {Axis.EPOCH: "epoch", Axis.STEP: "step", Axis.TIME: "time"}[words.axis]
    if words.axis is Axis.TIME and words.since_start:
        name = "time since the start"
    if view is None:
        return name
    span = view[1] - view[0]
    if words.axis is Axis.TIME:
        return f"{words.exact(view[0], span)}–{words.exact(view[1], span)}"
    first, last = (words.exact(round(x), span) for x in view)
    return f"{name}s {first}–{last} of {words.exact(round(whole[1]), span)}"
