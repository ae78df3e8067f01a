"""How much memory one rank of a training takes, best evidence first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit import units
from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.memory.calculation import Calculated, calculate, total
from cockpit.analysis.forecast.memory.evidence import (
    Measured,
    about,
    is_same_size,
    measured,
    peaks_of,
    size_ratio,
)
from cockpit.analysis.forecast.result import MemoryForecast, Tier, usable_bytes
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.names import find_accelerator, find_model
from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Runtime

TELLING: Final = ("optimizer", "amp", "freeze")
"""With another of these a run of the same batch takes another size of memory."""
MOST_BATCH: Final = 1 << 16
"""Nobody asks for a larger one."""


@dataclass(frozen=True, slots=True)
class CatalogedWork:
    """The work, and what the catalogue knows of it."""

    work: Work
    model: ModelEntry | None
    accelerator: Accelerator | None

    @property
    def is_host(self) -> bool:
        """It trains on a processor."""
        if self.accelerator is not None:
            return self.accelerator.runtime is Runtime.CPU
        return self.work.device.casefold().startswith("cpu")

    @property
    def is_core(self) -> bool:
        """A rank has one core of a TPU."""
        return self.accelerator is not None and self.accelerator.runtime is Runtime.XLA

    @property
    def capacity_bytes(self) -> int | None:
        """What one rank may have of its accelerator, as far as the catalogue knows."""
        if self.is_host or self.accelerator is None or self.accelerator.memory_bytes is None:
            return None
        return self.accelerator.memory_bytes // (self.accelerator.cores or 1)


def forecast_memory(
    work: Work, calibrations: Sequence[Calibration], catalog: Catalog
) -> MemoryForecast | None:
    """Return what one rank needs; None where nothing is known of the model, or of a processor."""
    known = _cataloged(work, catalog)
    work = known.work
    found = about(work, calibrations, catalog, is_host=known.is_host)
    calculated = None
    if known.model is not None and not known.is_host:
        calculated = calculate(work, known.model, known.accelerator)
    fixed = total(calculated.fixed.values()).likely if calculated else None
    params = known.model.params if known.model else 0.0
    sources = _best_first(work, found)
    told = measured(work, sources, fixed, params) if sources else None
    if told is not None:
        return _of_measurements(known, told, sources, calculated)
    return None if calculated is None else _of_calculation(known, calculated)


def _cataloged(work: Work, catalog: Catalog) -> CatalogedWork:
    """Return the work, the image size of its model taken where none is told."""
    model = find_model(catalog, work.model) if work.model else None
    if work.imgsz is None and model is not None:
        work = replace(work, imgsz=model.imgsz)
    return CatalogedWork(work, model, find_accelerator(catalog, work.device))


def _best_first(work: Work, found: Sequence[Calibration]) -> list[Calibration]:
    """Return what to rest on: sweeps of this image size, runs of it, then the nearest size."""
    same = [one for one in found if is_same_size(work, one)]
    sweeps = [one for one in same if one.kind is Kind.MEMORY]
    runs = [one for one in same if one.kind is not Kind.MEMORY]
    other = [one for one in found if not is_same_size(work, one)]
    return [*sweeps, *runs, *sorted(other, key=lambda one: size_ratio(work, one))]


def _of_measurements(
    known: CatalogedWork,
    told: Measured,
    sources: Sequence[Calibration],
    calculated: Calculated | None,
) -> MemoryForecast:
    work = known.work
    best = _source(work, sources)
    size = f"{best.imgsz} px" if best.imgsz else "its own image size"
    peaks = dict(peaks_of(best))
    batch = max(peaks, default=None)
    batch = work.batch_per_rank if work.batch_per_rank in peaks else batch
    seen = "" if batch is None else f": {units.binary(peaks[batch])} at batch {batch}"
    basis = [f"measured on {best.device} at {size}{seen}"]
    if not is_same_size(work, best):
        basis.append(f"carried to {work.imgsz} px by the number of pixels")
    elif batch is not None and batch != work.batch_per_rank:
        basis.append(f"batch {work.batch_per_rank} by " + _line_words(best, calculated))
    if told.more.likely:
        basis.append("measured on one rank: DDP's buckets and NCCL are added, unmeasured")
    capacity, capacity_words = _capacity(known, sources)
    basis += [capacity_words] if capacity_words else []
    is_sweep = best.kind is Kind.MEMORY
    is_sure = is_same_size(work, best) and (is_sweep or batch == work.batch_per_rank)
    tier = {Kind.MEMORY: Tier.TOOLS, Kind.PROBE: Tier.PROBE}.get(best.kind, Tier.RUNS)
    tried = _tried(known, sources)
    return MemoryForecast(
        need_bytes=told.need(work.batch_per_rank),
        tier=tier,
        evidence=_evidence(best),
        basis=tuple(basis),
        narrow=() if is_sure else (_narrow(work),),
        capacity_bytes=capacity,
        largest_batch=_largest(told.need, capacity, tried),
        is_host=known.is_host,
        is_core=known.is_core,
        is_tried=work.batch_per_rank <= tried,
    )


def _of_calculation(known: CatalogedWork, calculated: Calculated) -> MemoryForecast:
    work, batch = known.work, known.work.batch_per_rank
    accelerator = known.accelerator
    basis = list(calculated.basis)
    if accelerator is not None and known.is_core:
        basis.append(f"for one of {accelerator.cores or 1} cores; XLA may keep more or less")
    if accelerator is not None and accelerator.memory_bytes is not None:
        basis.append(f"memory of {accelerator.name} from {accelerator.source} ({accelerator.date})")
    return MemoryForecast(
        need_bytes=calculated.need(batch),
        tier=Tier.CATALOG,
        evidence="calculated from the model's size",
        basis=tuple(basis),
        narrow=(_narrow(work),),
        parts={name: band.likely for name, band in calculated.parts(batch).items()},
        capacity_bytes=known.capacity_bytes,
        largest_batch=_largest(calculated.need, known.capacity_bytes),
        is_core=known.is_core,
    )


def _source(work: Work, sources: Sequence[Calibration]) -> Calibration:
    """Return the one that says most of this batch: a run of it, then what the line comes from."""
    told = [one for one in sources if one.memory is not None]
    exact = [
        one
        for one in told
        if is_same_size(work, one) and work.batch_per_rank in dict(peaks_of(one))
    ]
    lines = [one for one in told if one.memory is not None and one.memory.base_bytes is not None]
    return next(iter([*exact, *lines, *told]))


def _line_words(best: Calibration, calculated: Calculated | None) -> str:
    if best.memory is not None and best.memory.base_bytes is not None:
        return "the line through several batches"
    if calculated is not None:
        return "the calculated fixed part"
    return "an assumed fixed part of a quarter"


def _evidence(best: Calibration) -> str:
    name = best.preset or best.model or "this training"
    match best.kind:
        case Kind.MEMORY:
            return f"cockpit memory of {name} here"
        case Kind.PROBE:
            return f"a probe of {name} here"
        case _:
            return f"a run of {name} here"


def _narrow(work: Work) -> str:
    if work.preset is not None:
        return f"cockpit memory --preset {work.preset} measures it"
    size = f" --imgsz {work.imgsz}" if work.imgsz else ""
    return f"cockpit memory --model {work.model}{size} measures it"


def _capacity(known: CatalogedWork, sources: Sequence[Calibration]) -> tuple[int | None, str]:
    """Return what one rank may have, and how that is known; a host's is shared by its ranks."""
    if known.capacity_bytes is not None:
        return known.capacity_bytes, ""
    work = known.work
    ranks = "" if work.world_size == 1 else f", shared by {work.world_size} ranks"
    for one in sources:
        capacity = one.memory.capacity_bytes if one.memory else None
        if capacity is None or (known.is_host and one.host != work.host):
            continue
        if not known.is_host:
            return capacity, "capacity as it was free when it was measured"
        return capacity // work.world_size, f"host memory as it was free then{ranks}"
    if known.is_host and work.host_bytes is not None:
        whole = "the whole memory of this machine, of which others use some"
        return work.host_bytes // work.world_size, f"capacity: {whole}{ranks}"
    return None, ""


def _tried(known: CatalogedWork, sources: Sequence[Calibration]) -> int:
    """Return the largest batch that was trained for exactly this; 0 for none.

    That is what a sweep verified, and the batch of a run with as many ranks: a run validated and
    saved too, a probe did not.
    """
    work = known.work
    return max(
        (
            _trained_batch(one, work)
            for one in sources
            if one.imgsz == work.imgsz and (not known.is_host or one.host == work.host)
        ),
        default=0,
    )


def _trained_batch(one: Calibration, work: Work) -> int:
    if one.memory is None:
        return 0
    swept = (one.memory.largest_batch or 0) if work.world_size == 1 else 0
    is_alike = one.kind is Kind.RUN and one.world_size == work.world_size
    same = all(one.args.get(name) == work.args.get(name) for name in TELLING)
    return max(swept, (one.batch_per_rank or 0) if is_alike and same else 0)


def _largest(
    need: Callable[[int], Band], capacity_bytes: int | None, verified: int = 0
) -> int | None:
    """Return the largest batch that fits for sure; 0: not even one does."""
    if capacity_bytes is None:
        return None
    budget_bytes = usable_bytes(capacity_bytes)
    low, high = 0, MOST_BATCH
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if need(middle).high <= budget_bytes else (low, middle)
    return max(low, verified)
