"""The range of a plot's values, and the words at its axes. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.tui.ink import Line

_STEPS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_ZERO_BELOW: Final = 0.25
"""An axis starts at zero when the least value is under this part of the greatest."""
OUTLIERS: Final = 20
"""One value in so many, and one of few, may be left outside."""
EXTREME: Final = 20.0
"""But only where it would make the scale so many times as high as the rest needs."""
JUMP: Final = 8.0
"""Or where it lies so many times as far out as the next one."""
HEADROOM: Final = 0.15
"""So much more than the rest needs is shown, so that what leads to an outlier is seen."""
LEAST_TO_JUDGE: Final = 5
LEAST_FACTOR: Final = 3.0
"""Values that span less lie too close together for a logarithmic scale."""

LARGEST: Final = 1e150
"""A scale ends here, for the span and the product of its ends must not overflow."""
SMALLEST: Final = 1e-150
"""No linear scale spans less, and no logarithmic one begins lower."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to its height."""

    low: float
    high: float
    is_log: bool = False

    def part(self, value: float) -> float | None:
        """Return the height of a value from 0 to 1; None where the axis has no place for it."""
        if self.is_log:
            if value <= 0:
                return None
            bottom = math.log10(self.low)
            share = (math.log10(value) - bottom) / (math.log10(self.high) - bottom)
        else:
            share = (value - self.low) / (self.high - self.low)
        return share if -0.001 <= share <= 1.001 else None

    def side(self, value: float) -> int:
        """Return 1 for a value above the scale, -1 for one below it, else 0."""
        if value > self.high + 0.001 * (self.high - self.low):
            return 1
        return -1 if value < self.low - 0.001 * (self.high - self.low) else 0

    @property
    def middle(self) -> float:
        """The value at half height."""
        return math.sqrt(self.low * self.high) if self.is_log else (self.low + self.high) / 2

    @property
    def labels(self) -> tuple[str, str, str]:
        """The words at the top, in the middle and at the bottom, equally wide."""
        values = (self.high, self.middle, self.low)
        if self.is_log:
            texts = [f"{value:.0e}" if value < 0.01 else f"{value:g}" for value in values]
            if not math.isclose(self.middle, float(f"{self.middle:.0e}"), rel_tol=1e-6):
                texts[1] = ""
        else:
            texts = [_plain(value, (self.high - self.low) / 2) for value in values]
        width = max(4, *map(len, texts))
        return texts[0].rjust(width), texts[1].rjust(width), texts[2].rjust(width)


def _plain(value: float, step: float) -> str:
    if step >= 1e5 or step < 1e-3:
        return f"{value:.1e}" if value else "0"
    if step >= 10:
        return f"{value:.0f}"
    decimals = next(
        (count for count in (1, 2, 3) if abs(round(step, count) - step) < step * 1e-6), 4
    )
    return f"{value:.{decimals}f}"


def choose_scale(values: Iterable[float], *, log: bool = False) -> Scale:
    """Return a scale with round ends that holds every finite value up to `LARGEST`.

    Values that are not all above zero, or lie close together, have no logarithmic one.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return Scale(0.0, 1.0)
    low, high = (max(-LARGEST, min(LARGEST, end(finite))) for end in (min, max))
    if low > 0 and log:
        low, high = max(low, SMALLEST), max(high, SMALLEST)
    if log and wants_log((low, high)):
        return Scale(_round_down(low), 1 / _round_down(1 / high), is_log=True)
    return _round_scale(low, high)


def wants_log(values: Iterable[float]) -> bool:
    """Say whether a logarithmic scale shows more of these than a linear one."""
    finite = [value for value in values if math.isfinite(value)]
    return bool(finite) and min(finite) > 0 and max(finite) >= LEAST_FACTOR * min(finite)


def _round_down(value: float) -> float:
    """Return the next 1, 2 or 5 of a decade at or below a value."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next(power * one for one in (5.0, 2.0, 1.0, 0.5) if power * one <= value * (1 + 1e-9))


def without_extremes(values: Iterable[float]) -> tuple[float, float] | None:
    """Return the range of all but a few values that would flatten the rest; None for no value.

    A first loss of 1e8 says nothing of the course after it; what is left out lies off the scale.
    """
    ranked: Sequence[float] = sorted(filter(math.isfinite, values))
    if not ranked:
        return None
    ranked = _without_jumps(ranked)
    low, high = ranked[0], ranked[-1]
    if len(ranked) < LEAST_TO_JUDGE:
        return low, high
    drop = max(1, len(ranked) // OUTLIERS)
    inner_low, inner_high = ranked[drop], ranked[-1 - drop]
    span = inner_high - inner_low
    if span > 0 and high - inner_high > EXTREME * span:
        high = inner_high + HEADROOM * span
    if span > 0 and inner_low - low > EXTREME * span:
        low = inner_low - HEADROOM * span
    return low, high


def _without_jumps(ranked: Sequence[float]) -> Sequence[float]:
    """Return sorted values without the few at an end that lie far from all others: spikes.

    A curve that falls from a high start has values on its way down, a spike has none.
    """
    drop = len(ranked) // OUTLIERS
    last = len(ranked) - 1
    least, most = ranked[0], ranked[last]
    for at in range(last - drop, last):
        if ranked[at + 1] - least > JUMP * (ranked[at] - least) > 0:
            last = at
            break
    for at in range(drop, 0, -1):
        if most - ranked[at - 1] > JUMP * (most - ranked[at]) > 0:
            return ranked[at : last + 1]
    return ranked[: last + 1]


def _round_scale(low: float, high: float) -> Scale:
    """Return the narrowest scale whose ends and middle are multiples of one round step."""
    if low == high:
        low, high = (0.0, high) if high > 0 else (low, 0.0 if low < 0 else 1.0)
    if 0 <= low < _ZERO_BELOW * high:
        low = 0.0
    if high - low < SMALLEST:
        high = low + SMALLEST
    power = 10.0 ** math.floor(math.log10((high - low) / 2))
    for step in (factor * power * scale for scale in (1.0, 10.0) for factor in _STEPS):
        bottom = math.floor(low / step + 1e-9) * step
        if bottom + 2 * step >= high * (1 - 1e-12):
            return Scale(bottom, bottom + 2 * step)
    return Scale(low, high)


def plain_x(x: float) -> str:
    """Return an epoch as it is written at an axis."""
    return f"{x:g}"


def x_axis(low: float, high: float, width: int, word: Callable[[float], str] = plain_x) -> Line:
    """Return `1──────21──────41` in `width` cells: the first, the middle and the last x."""
    cells = ["─"] * width
    marks = [False] * width
    middle = round((low + high) / 2) if high - low >= 4 else (low + high) / 2
    last = word(high)
    words = [(0, word(low)), (width - len(last), last)]
    if high - low >= 4 and width >= 18:
        words.append((column_of(middle, (low, high), width), word(middle)))
    for start, text in words if high > low else words[:1]:
        if any(marks[max(0, start - 1) : start + len(text) + 1]):
            continue
        for offset, sign in enumerate(text):
            if 0 <= start + offset < width:
                cells[start + offset], marks[start + offset] = sign, True
    return _pieces(cells, marks)


def _pieces(cells: Sequence[str], marks: Sequence[bool]) -> Line:
    out: list[tuple[str, str]] = []
    for sign, is_word in zip(cells, marks, strict=True):
        look = "faint" if is_word else "line"
        if out and out[-1][1] == look:
            out[-1] = (out[-1][0] + sign, look)
        else:
            out.append((sign, look))
    return tuple(out)


def column_of(x: float, x_range: tuple[float, float], width: int) -> int:
    """Return the cell that an x falls into."""
    low, high = x_range
    if high <= low:
        return 0
    return max(0, min(width - 1, int((x - low) / (high - low) * width)))
