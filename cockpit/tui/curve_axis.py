"""Along what curves are laid: epochs, steps or the clock, and the words for each. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Final

from cockpit.metrics.series import Axis, MetricTable
from cockpit.units import DAY_S, HOUR_S, clock, clock_second, duration

LONG_PAUSE: Final = 3.0
"""Between two attempts, so many times what an epoch takes is a pause."""
RECENT: Final = 64
"""So many rows tell how long one usually takes."""
_JUST_AFTER: Final = 1e-11
"""What ended before a pause lies before it: the next x begins after it, by this share more."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisMap:
    """Where an x of a curve lies on another axis, by interpolation; equal to itself only."""

    own: Sequence[float]
    """x as the curves have it; rising."""
    shown: Sequence[float]
    """The same places on the axis that is shown; never falls."""
    zero: float = 0.0
    """Counts as 0 on the axis shown: the start of a run."""
    pauses: tuple[tuple[float, float], ...] = ()
    """Where nothing ran, on the axis shown."""

    def to_shown(self, x: float) -> float:
        """Return where an x of the curve lies."""
        return _along(self.own, self.shown, x) - self.zero

    def to_own(self, x: float) -> float:
        """Return which x of the curve lies there."""
        return _along(self.shown, self.own, x + self.zero)


def _along(at: Sequence[float], to: Sequence[float], x: float) -> float:
    """Return the value of `to` at the place where `at` is x; straight on beyond the ends."""
    if len(at) < 2:
        return x - at[0] + to[0] if at else x
    right = min(max(1, bisect_left(at, x)), len(at) - 1)
    low, high = at[right - 1], at[right]
    if high == low:
        return to[right] if x > high else to[right - 1]
    share = (x - low) / (high - low)
    return to[right - 1] + share * (to[right] - to[right - 1])


def to_shown(axis: AxisMap | None, x: float) -> float:
    """Return where an x lies; itself on the curve's own axis."""
    return axis.to_shown(x) if axis is not None else x


def to_own(axis: AxisMap | None, x: float) -> float:
    """Return which x lies there; itself on the curve's own axis."""
    return axis.to_own(x) if axis is not None else x


def table_axis(table: MetricTable, axis: Axis, starts: Sequence[float] = ()) -> AxisMap | None:
    """Return the way to an axis that is not the table's own; None where nothing tells it.

    `starts`: when the run and each of its resumed parts began, epoch seconds; from them and from
    the trainer's own clock the time of day is known where the file does not tell it.
    """
    scale = table.scales.get(axis)
    if scale is not None and len(scale.values) > 1:
        found = AxisMap(scale.x, scale.values)
        return _with_pauses(found, table.resumed_after) if axis is Axis.TIME else found
    if axis is not Axis.TIME or not starts or len(table.epoch_ends) == 0:
        return None
    if table.axis is Axis.STEP:
        return None
    return clock_of(table.epoch_ends, table.resumed_after, starts)


def clock_of(
    ends: Sequence[tuple[int, float]], resumed_after: Sequence[float], starts: Sequence[float]
) -> AxisMap:
    """Return when each epoch ended: the start of its part, and the seconds trained since.

    Of more parts than known starts the last ones have the last starts.
    """
    known = [starts[0], *starts[1:][-len(resumed_after) :]] if resumed_after else [starts[0]]
    unknown = len(resumed_after) - (len(known) - 1)
    begins = dict(zip(resumed_after[unknown:], known[1:], strict=True))
    own, shown, pauses = [0.0], [starts[0]], []
    offset = starts[0]
    for epoch, trained_s in ends:
        own.append(float(epoch))
        shown.append(max(shown[-1], offset + trained_s))
        began = begins.get(float(epoch))
        if began is not None and began > shown[-1]:
            pauses.append((shown[-1], began))
            own.append(_just_after(epoch))
            shown.append(began)
            offset = began - trained_s
    return AxisMap(own, shown, pauses=tuple(pauses))


def _just_after(x: float) -> float:
    return x + _JUST_AFTER * max(1.0, abs(x))


def _with_pauses(axis: AxisMap, resumed_after: Sequence[float]) -> AxisMap:
    """Return the axis with the pauses before resumed parts, where they took long."""
    if not resumed_after or len(axis.own) < 3:
        return axis
    usual = median(b - a for a, b in pairwise(axis.shown[-RECENT:]))
    own, shown, pauses = list(axis.own), list(axis.shown), []
    for epoch in reversed(resumed_after):
        at = bisect_right(own, epoch)
        if 0 < at < len(own) and shown[at] - shown[at - 1] > LONG_PAUSE * usual:
            pauses.append((shown[at - 1], shown[at] - usual))
            own.insert(at, _just_after(own[at - 1]))
            shown.insert(at, shown[at] - usual)
    return AxisMap(own, shown, pauses=tuple(reversed(pauses)))


@dataclass(frozen=True, slots=True)
class AxisWords:
    """How an x is written."""

    axis: Axis = Axis.EPOCH
    since_start: bool = False
    """Of a time: as a duration from the start of each run."""
    now: float = field(default=0.0, compare=False)

    def short(self, span: float) -> Callable[[float], str]:
        """Return what writes an x at an axis of this length."""
        match self.axis:
            case Axis.EPOCH:
                return lambda x: f"{x:g}" if span >= 4 or x == int(x) else f"{x:.2g}"
            case Axis.STEP:
                return step_word
            case Axis.TIME if self.since_start:
                return lambda x: duration(max(0.0, x)) if x > 0 else "0"
            case Axis.TIME:
                return clock_second if span < HOUR_S else self._clock(span)

    def exact(self, x: float, span: float) -> str:
        """Return an x as the cursor tells it."""
        match self.axis:
            case Axis.EPOCH:
                return f"{x:g}" if abs(x - round(x)) < 1e-6 else f"{x:.1f}"
            case Axis.STEP:
                return f"{round(x):,}"
            case Axis.TIME if self.since_start:
                return duration(max(0.0, x))
            case Axis.TIME:
                return clock_second(x) if span < HOUR_S else self._clock(span)(x)

    def _clock(self, span: float) -> Callable[[float], str]:
        return lambda x: clock(x, x if span < DAY_S else x + 2 * DAY_S)


def step_word(x: float) -> str:
    """Return a step in few characters: `12,400`, `1.2M`."""
    size = round(x)
    if size < 100_000:
        return f"{size}"
    scale, unit = (1e6, "M") if size >= 999_500 else (1e3, "k")
    return f"{size / scale:.3g}{unit}"
