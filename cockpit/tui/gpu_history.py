"""What every GPU did in the last hour, as far as this program has watched it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import Final

from cockpit.devices.sample import GpuSample
from cockpit.views.gpu_history import FIGURES, FINE_SPAN_S, Cells, Figure, Trace, reading_of

FINE_S: Final = 5
COARSE_S: Final = 20
HOUR_STEPS: Final = 180
FRESH_S: Final = 3.0
"""An older reading says nothing of now."""
MOST_KEPT: Final = 512
"""GPUs and MIG devices, those included that are gone."""
_NONE: Final = math.nan


class _Ring:
    """The means of the last steps, by their number; what was not read is not a number."""

    def __init__(self, step_s: int, kept: int) -> None:
        self.step_s = step_s
        self._means = array("f", [_NONE]) * kept
        self.newest: int | None = None

    def put(self, step: int, mean: float) -> None:
        """Keep the mean of a step; steps that were passed over hold nothing."""
        kept = len(self._means)
        if self.newest is None or step < self.newest or step - self.newest >= kept:
            self._means = array("f", [_NONE]) * kept
        else:
            for passed in range(self.newest + 1, step):
                self._means[passed % kept] = _NONE
        self._means[step % kept] = mean
        self.newest = step

    def trace(self) -> Trace:
        """Return all steps, oldest first."""
        if self.newest is None:
            return Trace(self.step_s, 0, ())
        kept = len(self._means)
        first = self.newest - kept + 1
        at = first % kept
        values = (*self._means[at:], *self._means[:at])
        return Trace(self.step_s, first, [None if value != value else value for value in values])


class _Mean:
    """The mean of one step while it goes on."""

    __slots__ = ("count", "total")

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def add(self, value: float) -> None:
        """Take a reading."""
        self.total += value
        self.count += 1

    def taken(self) -> float:
        """Return the mean and begin the next step."""
        mean = self.total / self.count if self.count else _NONE
        self.total, self.count = 0.0, 0
        return mean


class _Track:
    """One quantity of one GPU."""

    def __init__(self) -> None:
        self.fine = _Ring(FINE_S, FINE_SPAN_S // FINE_S + 1)
        self.coarse = _Ring(COARSE_S, HOUR_STEPS + 1)
        self.now = _Mean()
        self._coarse_now = _Mean()

    def finish(self, step: int) -> None:
        """Close the fine step of that number, and the coarse one that ends with it."""
        mean = self.now.taken()
        self.fine.put(step, mean)
        if mean == mean:
            self._coarse_now.add(mean)
        if (step + 1) * FINE_S % COARSE_S == 0:
            self.coarse.put(step * FINE_S // COARSE_S, self._coarse_now.taken())


class GpuHistory:
    """Keeps every quantity of every GPU: in fine steps for ten minutes, in coarse for an hour.

    A step that still goes on is not shown, except the very first one, so that a history moves
    with its steps and not with every reading. 64 GPUs take 0.5 MiB.
    """

    def __init__(self) -> None:
        self._tracks: dict[str, dict[Figure, _Track]] = {}
        self._read_at: dict[str, float] = {}
        self._step: int | None = None

    def take(self, samples: Iterable[GpuSample], now: float) -> None:
        """Take the readings of `now`, epoch seconds; those seen before or too old are left out."""
        self._advance(int(now // FINE_S))
        for sample in samples:
            if sample.key not in self._tracks:
                self._forget_the_oldest()
                self._tracks[sample.key] = {figure: _Track() for figure in FIGURES}
            is_fresh = sample.problem is None and now - sample.time < FRESH_S
            if is_fresh and self._read_at.get(sample.key) != sample.time:
                self._read_at[sample.key] = sample.time
                self._add(sample)

    def _forget_the_oldest(self) -> None:
        """Make room: MIG devices have another UUID each time that they are made."""
        if len(self._tracks) >= MOST_KEPT:
            oldest = next(iter(self._tracks))
            del self._tracks[oldest]
            self._read_at.pop(oldest, None)

    def _add(self, sample: GpuSample) -> None:
        for figure, track in self._tracks[sample.key].items():
            value = reading_of(sample, figure)
            if value is not None:
                track.now.add(value)

    def _advance(self, step: int) -> None:
        """Close the steps before this one; after a leap of the clock only the last."""
        before, self._step = self._step, step
        if before is None or step == before:
            return
        first = before if 0 < step - before <= FINE_SPAN_S // FINE_S else step - 1
        for closed in range(first, step):
            for tracks in self._tracks.values():
                for track in tracks.values():
                    track.finish(closed)

    def values(self, key: str, figure: Figure, cells: Cells) -> tuple[float | None, ...]:
        """Return one mean for each cell, oldest first; of a GPU never seen none is known."""
        track = self._tracks.get(key, {}).get(figure)
        if track is None or not cells.count:
            return (None,) * cells.count
        is_fine = cells.span_s <= FINE_SPAN_S and cells.cell_s % FINE_S == 0
        values = (track.fine if is_fine else track.coarse).trace().sampled(cells)
        if any(value is not None for value in values):
            return values
        return (*values[:-1], self._just_begun(track))

    @staticmethod
    def _just_begun(track: _Track) -> float | None:
        """Return what is known before the first cell is whole."""
        fine = [value for value in track.fine.trace().values if value is not None]
        if track.now.count:
            fine.append(track.now.total / track.now.count)
        return fine[-1] if fine else None

    def lately(self, key: str, figure: Figure, span_s: int = 60) -> float | None:
        """Return the mean of the last whole steps."""
        if self._step is None:
            return None
        count = max(1, span_s // FINE_S)
        values = self.values(key, figure, Cells(FINE_S, count, self._step - 1))
        known = [value for value in values if value is not None]
        return math.fsum(known) / len(known) if known else None
