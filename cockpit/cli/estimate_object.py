"""An estimate as `--json` prints it. Seconds and bytes; what is not known is null."""

from __future__ import annotations

import math

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import CostForecast, Forecast, MemoryForecast
from cockpit.analysis.forecast.work import Work


def as_object(found: Forecast) -> dict[str, object]:
    """Return one estimate; the keys that were there first stay first."""
    work, time = found.work, found.time
    efficiency = time.efficiency if time else None
    share = 1.0 if work.world_size == 1 else (None if efficiency is None else efficiency.likely)
    total, epoch, start, step = (
        (None, None, None, None)
        if time is None
        else (time.total_s, time.epoch_s, time.start_s, time.step_s)
    )
    told = [part for part in (time, found.memory) if part is not None]
    return {
        "dataset_size": work.train_samples,
        "epochs": work.epochs,
        "gpus": work.world_size,
        "global_batch": work.global_batch,
        "steps_per_epoch": work.steps_per_epoch,
        "scaling_efficiency": share,
        "effective_speedup": None if share is None else share * work.world_size,
        "epoch_s": _likely(epoch),
        "total_s": _likely(total),
        "total_s_low": _low(total),
        "total_s_high": _high(total),
        "basis": [line for part in told for line in part.basis],
        "tier": None if time is None else time.tier.name.lower(),
        "is_measured": None if time is None else time.tier.is_measured,
        "is_efficiency_measured": None if time is None else time.is_efficiency_measured,
        "evidence": None if time is None else time.evidence,
        "narrow": [line for part in told for line in part.narrow],
        "epoch_s_low": _low(epoch),
        "epoch_s_high": _high(epoch),
        "start_s": _likely(start),
        "step_s": _likely(step),
        "epoch_share_fixed": None if time is None else time.epoch_share_fixed,
        "memory": None if found.memory is None else _memory(found.memory),
        "costs": [_cost(cost) for cost in found.costs],
        "unpriced": list(found.unpriced),
        "work": work_object(work),
    }


def work_object(work: Work) -> dict[str, object]:
    """Return what was asked about, and where each value comes from."""
    return {
        "preset": work.preset,
        "model": work.model,
        "imgsz": work.imgsz,
        "batch_per_rank": work.batch_per_rank,
        "device": work.device,
        "host": work.host,
        "args": dict(work.args),
        "sources": dict(work.sources),
    }


def band_object(band: Band | None) -> dict[str, float | None] | None:
    """Return a range."""
    if band is None:
        return None
    return {"low": _low(band), "likely": _likely(band), "high": _high(band)}


def _memory(memory: MemoryForecast) -> dict[str, object]:
    return {
        "need_bytes": _likely(memory.need_bytes),
        "need_bytes_low": _low(memory.need_bytes),
        "need_bytes_high": _high(memory.need_bytes),
        "capacity_bytes": memory.capacity_bytes,
        "fits": memory.fits,
        "largest_batch": memory.largest_batch,
        "is_host": memory.is_host,
        "tier": memory.tier.name.lower(),
        "evidence": memory.evidence,
        "parts": dict(memory.parts),
    }


def _cost(cost: CostForecast) -> dict[str, object]:
    return {
        "offer": cost.offer,
        "currency": cost.currency,
        "run": _likely(cost.run),
        "run_low": _low(cost.run),
        "run_high": _high(cost.run),
        "month": band_object(cost.month),
        "sessions": cost.sessions,
        "waited_s": band_object(cost.waited_s),
        "energy_kwh": band_object(cost.energy_kwh),
        "is_energy_measured": cost.is_energy_measured,
        "is_spot": cost.is_spot,
        "total_s": band_object(cost.total_s),
        "basis": list(cost.basis),
    }


def _likely(band: Band | None) -> float | None:
    return None if band is None else _finite(band.likely)


def _low(band: Band | None) -> float | None:
    return None if band is None else _finite(band.low)


def _high(band: Band | None) -> float | None:
    return None if band is None else _finite(band.high)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
