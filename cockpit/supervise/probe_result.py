"""What a time probe has seen, as a calibration."""

from __future__ import annotations

import time

from cockpit import locations
from cockpit.calibrations.calibration import Calibration, Kind, MemoryMeasured
from cockpit.catalog.load import read_catalog
from cockpit.runs.reader import hostname
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.time_watch import TimeWatch
from cockpit.views.preset_work import Ranks, work_of_preset
from cockpit.views.this_device import cpu_name


def calibration_of(
    prepared: Prepared, watch: TimeWatch, total_s: float | None, peak_bytes: int | None
) -> Calibration | None:
    """Return the calibration; None where neither a step nor an epoch was timed.

    `total_s` is of a job that came to its end, `peak_bytes` what its first rank held.
    """
    pace, ends = watch.seen.pace(), watch.seen.ends
    if pace.step_s is None and pace.epoch_s is None:
        return None
    plan, preset, now_s = prepared.plan, prepared.preset, time.time()
    is_simulated = prepared.machine.is_simulated and bool(plan.gpus)
    device = plan.gpu_names[0] if plan.gpu_names and not is_simulated else cpu_name()
    ranks = Ranks(device, plan.world_size, hostname())
    work = work_of_preset(
        preset,
        ranks,
        read_catalog(locations.catalog_file()),
        batch_per_rank=plan.batch.batch_per_rank if plan.batch else None,
    )
    epochs = plan.epochs or work.epochs
    is_whole = total_s is not None and watch.seen.epochs >= epochs
    moment = time.strftime("%Y%m%d-%H%M%S", time.localtime(now_s))
    return Calibration(
        calibration_id=f"probe:{preset.name}-{moment}",
        kind=Kind.PROBE,
        time_s=round(now_s, 3),
        host=hostname(),
        device=device,
        is_simulated=is_simulated,
        preset=preset.name,
        model=work.model,
        imgsz=watch.facts.image_size or work.imgsz,
        batch_per_rank=plan.batch.batch_per_rank if plan.batch else None,
        world_size=plan.world_size,
        train_samples=watch.train_samples,
        epochs=epochs,
        args=work.args,
        start_s=_rounded(pace.start_s),
        epoch_s=_rounded(pace.epoch_s),
        epoch_low_s=_rounded(pace.epoch_low_s),
        epoch_high_s=_rounded(pace.epoch_high_s),
        epochs_done=watch.seen.epochs,
        step_s=_rounded(pace.step_s),
        end_s=_rounded(max(0.0, total_s - ends[-1][1])) if total_s is not None and ends else None,
        total_s=_rounded(total_s) if is_whole else None,
        memory=None if not peak_bytes else MemoryMeasured(device == cpu_name(), peak_bytes),
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)
