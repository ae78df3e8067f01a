"""Curves as braille dots: two by four in each cell. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cockpit.metrics.envelope import envelope
from cockpit.tui.axes import Scale
from cockpit.tui.ink import Line

_BITS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of a dot by its column and row in the cell."""
_COLUMN: Final = (0x47, 0xB8)
"""All bits of the left and of the right column of a cell."""
_BLANK: Final = 0x2800


class Canvas:
    """Dots on `width` x `height` cells; a cell has the look of what was drawn there last."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._bits = [[0] * width for _ in range(height)]
        self._looks = [[""] * width for _ in range(height)]

    def dot(self, x: int, y: int, look: str) -> None:
        """Set the dot `x` from the left and `y` from the top; one outside is left out."""
        column, row = x >> 1, y >> 2
        if 0 <= column < self.width and 0 <= row < self.height:
            self._bits[row][column] |= _BITS[x & 1][y & 3]
            self._looks[row][column] = look

    def rise(self, x: int, top: int, bottom: int, look: str) -> None:
        """Set the dots of a column from `top` down to `bottom`."""
        column, side = x >> 1, x & 1
        if not 0 <= column < self.width:
            return
        top, bottom = max(0, top), min(self.height * 4 - 1, bottom)
        for row in range(top >> 2, (bottom >> 2) + 1):
            mask = _COLUMN[side]
            if row == top >> 2 or row == bottom >> 2:
                first, last = max(top - 4 * row, 0), min(bottom - 4 * row, 3)
                mask = sum(_BITS[side][at] for at in range(first, last + 1))
            self._bits[row][column] |= mask
            self._looks[row][column] = look

    def line(self, start: tuple[int, int], end: tuple[int, int], look: str, step: int = 1) -> None:
        """Draw from dot to dot, the first left out; `step` 2 leaves out every other dot."""
        (x0, y0), (x1, y1) = start, end
        length = max(abs(x1 - x0), abs(y1 - y0))
        for number in range(1, length + 1):
            x = x0 + round((x1 - x0) * number / length)
            if x % step == 0:
                self.dot(x, y0 + round((y1 - y0) * number / length), look)

    def lines(self) -> tuple[Line, ...]:
        """Return the rows as pieces."""
        return tuple(
            _pieces(bits, looks) for bits, looks in zip(self._bits, self._looks, strict=True)
        )


def _pieces(bits: Sequence[int], looks: Sequence[str]) -> Line:
    out: list[tuple[str, str]] = []
    for mask, look in zip(bits, looks, strict=True):
        sign = chr(_BLANK + mask) if mask else " "
        if out and (out[-1][1] == look or not mask):
            out[-1] = (out[-1][0] + sign, out[-1][1])
        else:
            out.append((sign, look or "text"))
    return tuple(out)


def draw_curve(
    canvas: Canvas,
    xs: Sequence[float],
    ys: Sequence[float],
    x_range: tuple[float, float],
    part: Callable[[float], float | None],
    look: str,
    *,
    step: int = 1,
    joined: bool = True,
) -> None:
    """Draw the mean of each dot column; `part` gives the height of a value, 0 to 1.

    A value that is not finite, or for which there is no height, breaks the line.
    """
    buckets = envelope(xs, ys, canvas.width * 2, *x_range)
    means = ((bucket.column, bucket.mean, joined and bucket.is_joined) for bucket in buckets)
    draw_means(canvas, means, part, look, step=step)


def draw_means(
    canvas: Canvas,
    means: Iterable[tuple[int, float, bool]],
    part: Callable[[float], float | None],
    look: str,
    *,
    step: int = 1,
    breaks: frozenset[int] = frozenset(),
) -> None:
    """Draw one value for each dot column, and a line to it where one leads there.

    `breaks` are columns over which no line leads.
    """
    top = canvas.height * 4 - 1
    before: tuple[int, int] | None = None
    for column, value, is_joined in means:
        height = part(value)
        if height is None:
            before = None
            continue
        here = (column, round((1 - height) * top))
        is_parted = before is not None and not breaks.isdisjoint(range(before[0] + 1, column + 1))
        if before is not None and is_joined and not is_parted:
            canvas.line(before, here, look, step)
        elif column % step == 0 or before is None:
            canvas.dot(*here, look)
        before = here


def draw_band(
    canvas: Canvas, column: int, low: float, high: float, scale: Scale, look: str
) -> None:
    """Draw the range of a dot column; what lies off the scale ends at its edge."""
    if scale.is_log and high <= 0:
        return
    top = canvas.height * 4 - 1
    upper = scale.part(high) if scale.side(high) == 0 else 1.0 if scale.side(high) > 0 else None
    low = scale.low if scale.is_log and low <= 0 else low
    lower = scale.part(low) if scale.side(low) == 0 else 0.0 if scale.side(low) < 0 else None
    if upper is not None and lower is not None:
        canvas.rise(column, round((1 - upper) * top), round((1 - lower) * top), look)


def smoothed(ys: Sequence[float], weight: float) -> list[float]:
    """Return the running mean that forgets: `weight` of the past, free of the start's bias.

    A value that is not finite stays as it is and is not remembered.
    """
    out: list[float] = []
    mean = share = 0.0
    for y in ys:
        if not math.isfinite(y):
            out.append(y)
            continue
        mean = weight * mean + (1 - weight) * y
        share = weight * share + (1 - weight)
        out.append(mean / share)
    return out
