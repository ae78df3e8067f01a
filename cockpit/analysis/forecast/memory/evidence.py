"""What was measured of a training's memory: peaks at some batches, and the line between. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import NOTHING, Band
from cockpit.analysis.forecast.memory.calculation import (
    is_checkpointed,
    of_several_ranks,
    scale_share,
    told_amp,
)
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.names import is_same_accelerator, is_same_model
from cockpit.catalog.rows import Catalog

MEASURED: Final = 0.05
"""Two runs of the same batch differ by less: allocator blocks, objects in the images."""
FAR: Final = 0.15
"""So much more far beyond the largest batch that was measured: its slope is off by more."""
OTHER_BATCH: Final = 0.15
"""From one batch to another with a calculated fixed part."""
ONE_BATCH: Final = 0.35
"""From one batch to another when nobody knows how much of it is fixed."""
FIXED_SHARE: Final = 0.25
"""Of the peak of a single batch, where nothing tells the fixed part: then assumed."""
MOST_FIXED: Final = 0.9
"""Of the peak of a single batch: a calculated fixed part is never all of it."""
OTHER_SIZE: Final = 0.25
"""So much more of what the images take, carried to a far smaller or larger size."""


@dataclass(frozen=True, slots=True)
class Point:
    """The peak of one rank at one batch."""

    batch: int
    imgsz: int | None
    band: Band


@dataclass(frozen=True, slots=True)
class Line:
    """What a batch takes: so much fixed, so much more for each sample; both in bytes."""

    fixed: float
    sample: float
    doubt: float
    corners: tuple[tuple[int, float], ...] = ()
    """Batches that were measured, ascending, and what they took: the line goes through them."""
    size_doubt: float = 0.0
    """So much more in what the images take, since they were of another size."""

    def at(self, batch: int) -> Band:
        """Return the memory of a batch; beyond the last that was measured less surely."""
        last = self.corners[-1][0] if self.corners else batch
        if batch <= last:
            return self._within(batch, self.doubt)
        band = self._within(batch, self.doubt + FAR * (1 - last / batch))
        # More doubt must not make a larger batch look smaller than a smaller one.
        return Band(max(band.low, self._within(last, self.doubt).low), band.likely, band.high)

    def _within(self, batch: int, doubt: float) -> Band:
        likely = self._likely(batch)
        margin = likely * doubt + (likely - min(self.fixed, likely)) * self.size_doubt
        return Band(likely - margin, likely, likely + margin)

    def _likely(self, batch: int) -> float:
        below = (0, min(self.fixed, self.corners[0][1]) if self.corners else self.fixed)
        for corner in self.corners:
            if batch <= corner[0]:
                share = (batch - below[0]) / (corner[0] - below[0])
                return below[1] + share * (corner[1] - below[1])
            below = corner
        return below[1] + self.sample * (batch - below[0])


@dataclass(frozen=True, slots=True)
class Measured:
    """What measurements say of one rank of a work."""

    line: Line
    more: Band
    """What was not in the measurement: other ranks."""
    points: tuple[Point, ...]
    imgsz: int | None
    """Of the work."""

    def need(self, batch: int) -> Band:
        """Return the memory of a batch; a larger training never takes less than a smaller did."""
        band = self.line.at(batch) + self.more
        for one in self.points:
            if batch <= one.batch and _is_up_to(self.imgsz, one.imgsz):
                band = _at_most(band, one.band)
        for one in self.points:
            if batch >= one.batch and _is_up_to(one.imgsz, self.imgsz):
                band = band.at_least(one.band)
        return band


def about(
    work: Work, calibrations: Iterable[Calibration], catalog: Catalog, *, is_host: bool
) -> list[Calibration]:
    """Return the calibrations that tell about the memory of this work, in their order."""
    told = [
        one
        for one in calibrations
        if one.memory is not None
        and one.memory.is_host is is_host
        and (is_host or not one.is_simulated)
    ]
    # Looking a name up takes a while, and hundreds of runs have the same few.
    devices = {
        name
        for name in {one.device for one in told}
        if is_host or is_same_accelerator(catalog, name, work.device)
    }
    models = {
        name
        for name in {one.model for one in told if one.model is not None}
        if work.model is not None and is_same_model(catalog, name, work.model)
    }
    return [one for one in told if one.device in devices and _is_same_training(work, one, models)]


def measured(
    work: Work, sources: Sequence[Calibration], fixed: float | None, params: float
) -> Measured | None:
    """Return what these calibrations, the best first, tell; None: no figure is among them.

    `fixed` is the calculated part that does not depend on the batch, None where nobody knows it.
    """
    points = _points(work, sources, params)
    best = next((one for one in sources if _has_line(one)), None)
    if best is None:
        best = next((one for one in sources if peaks_of(one)), None)
    if best is None:
        return None
    line = _line(work, best, points, fixed)
    return Measured(line, _more(work, best, params), points, work.imgsz)


def is_same_size(work: Work, one: Calibration) -> bool:
    """Say whether it was measured at the image size of the work, as far as both are told."""
    return None in (work.imgsz, one.imgsz) or work.imgsz == one.imgsz


def size_ratio(work: Work, one: Calibration) -> float:
    """Return how far the image sizes are apart, as a logarithm without sign."""
    if work.imgsz is None or one.imgsz is None:
        return 0.0
    return abs(math.log(work.imgsz / one.imgsz))


def _is_same_training(work: Work, one: Calibration, models: Collection[str]) -> bool:
    """Say whether it trained the same, by its model, one of these names, or by its preset."""
    is_same_preset = work.preset is not None and work.preset == one.preset
    if work.model is not None and one.model is not None:
        if one.model not in models:
            return False
    elif not is_same_preset:
        return False
    if one.kind is not Kind.MEMORY and not is_same_preset:
        return False
    # A processor trains in fp32, whatever the trainer is told.
    is_dtype = one.memory is None or one.memory.is_host or _dtypes_agree(work, one)
    return is_dtype and _keeps_alike(work, one)


def _keeps_alike(work: Work, one: Calibration) -> bool:
    """Say whether both keep as much of an image for the backward pass."""
    is_same_scale = scale_share(work.args) == scale_share(one.args)
    return is_same_scale and is_checkpointed(work.args) == is_checkpointed(one.args)


def _dtypes_agree(work: Work, one: Calibration) -> bool:
    asked, seen = told_amp(work.args), told_amp(one.args)
    return None in (asked, seen) or asked is seen


def _points(work: Work, sources: Sequence[Calibration], params: float) -> tuple[Point, ...]:
    """Return the peaks; of a batch that was measured twice the range of both."""
    found: dict[tuple[int, int | None], Band] = {}
    for one in sources:
        for batch, peak in peaks_of(one):
            band = Line(peak, 0.0, MEASURED).at(batch) + _more(work, one, params)
            known = found.get((batch, one.imgsz), band)
            low, high = min(band.low, known.low), max(band.high, known.high)
            found[batch, one.imgsz] = Band(low, known.likely, high)
    return tuple(Point(batch, imgsz, band) for (batch, imgsz), band in found.items())


def _line(work: Work, best: Calibration, points: Sequence[Point], fixed: float | None) -> Line:
    pixels = 1.0
    if work.imgsz is not None and best.imgsz is not None:
        pixels = (work.imgsz / best.imgsz) ** 2
    other = OTHER_SIZE * (1 - min(pixels, 1 / pixels))
    memory = best.memory
    if memory is not None and memory.base_bytes is not None and memory.sample_bytes is not None:
        base = max(0.0, memory.base_bytes)
        rising = itertools.accumulate(memory.peaks, lambda one, two: (two[0], max(one[1], two[1])))
        corners = tuple((batch, base + max(0.0, peak - base) * pixels) for batch, peak in rising)
        return Line(base, max(0.0, memory.sample_bytes) * pixels, MEASURED, corners, other)
    batch, peak = max(peaks_of(best))
    several = _through(points, best.imgsz)
    if several is not None:
        return Line(several[0], several[1] * pixels, OTHER_BATCH, size_doubt=other)
    base = FIXED_SHARE * peak if fixed is None else min(fixed, MOST_FIXED * peak)
    doubt = ONE_BATCH if fixed is None else OTHER_BATCH
    return Line(base, (peak - base) / batch * pixels, doubt, size_doubt=other)


def _through(points: Sequence[Point], imgsz: int | None) -> tuple[float, float] | None:
    """Return the line through the smallest and the largest batch of one image size."""
    same = sorted((one for one in points if one.imgsz == imgsz), key=lambda one: one.batch)
    if len(same) < 2:
        return None
    first, last = same[0], same[-1]
    sample = (last.band.likely - first.band.likely) / (last.batch - first.batch)
    sample = min(max(0.0, sample), last.band.likely / last.batch)
    return last.band.likely - sample * last.batch, sample


def _more(work: Work, one: Calibration, params: float) -> Band:
    """Return what a rank among several takes besides, where it was measured alone on a GPU."""
    is_host = one.memory is not None and one.memory.is_host
    if is_host or (one.world_size or 1) > 1:
        return NOTHING
    return sum(of_several_ranks(work.world_size, params, is_gpu=True).values(), NOTHING)


def peaks_of(one: Calibration) -> tuple[tuple[int, int], ...]:
    """Return batch and peak of each batch that was measured."""
    memory, batch = one.memory, one.batch_per_rank
    if memory is None:
        return ()
    if memory.peaks:
        return memory.peaks
    return () if memory.peak_bytes is None or not batch else ((batch, memory.peak_bytes),)


def _has_line(one: Calibration) -> bool:
    memory = one.memory
    return memory is not None and None not in (memory.base_bytes, memory.sample_bytes)


def _is_up_to(small: int | None, large: int | None) -> bool:
    return small is None or large is None or small <= large


def _at_most(one: Band, other: Band) -> Band:
    return Band(min(one.low, other.low), min(one.likely, other.likely), min(one.high, other.high))
