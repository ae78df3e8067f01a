"""When a run will end, as a person would say it. Pure."""

from __future__ import annotations

from typing import Final

from cockpit.analysis.eta import Eta
from cockpit.tui.ink import Line, cells
from cockpit.units import MINUTE_S, clock, duration, margin

SOON_S: Final = 2 * MINUTE_S
"""Up to here a clock of whole minutes says less than its own `±`."""


def end_line(eta: Eta, now: float, width: int) -> Line:
    """Return `ends 21:05 ±6 min`, or `48 s left ±18 s` when that is soon; units shrink to fit."""
    spread = margin(eta.margin_s)
    left = duration(eta.remaining_s)
    for is_short in (False, True):
        plus = f" ±{spread.replace(' min', 'm').replace(' ', '') if is_short else spread}"
        if eta.remaining_s < SOON_S:
            line: Line = ((left, "strong"), (" left", "muted"), (plus, "muted"))
        else:
            end = clock(now + eta.remaining_s, now)
            line = (("ends ", "muted"), (end, "strong"), (plus, "muted"))
        if cells(line) <= width:
            break
    return line
