"""What a finished run teaches the next estimate: how long its start, its epochs, its end took."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePath
from typing import Final

from cockpit.calibrations.calibration import Calibration, Kind, MemoryMeasured
from cockpit.files import read_json
from cockpit.launch.arguments import settings_of
from cockpit.presets.build import build_preset
from cockpit.presets.model import Origin
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord, parse_run
from cockpit.views.epoch_pace import EpochPace, epoch_pace, has_gpus
from cockpit.views.foretold import took_s
from cockpit.views.preset_question import IMAGE_SIZES
from cockpit.views.preset_work import MODELS, text_of
from cockpit.views.run_view import RunView
from cockpit.views.step_time import step_by_bars, step_by_curve
from cockpit.views.this_device import cpu_name
from cockpit.views.train_samples import told_samples
from cockpit.views.trainer_settings import ordered

MOST_SETTINGS: Final = 16
"""So many of the settings that a trainer wrote down are kept: of its own defaults there are 100."""
BATCHES: Final = ("batch", "batch_size", "batch-size")
"""What trainers call the samples of a step of all GPUs, as far as their own settings tell."""

SECOND: Final = 2
"""The first epoch with a length of its own: the one before it holds the start-up."""
LATER: Final = 16
LEAST_LATER: Final = 3
"""So many epochs after it, at most and at least, tell what is usual."""


def calibration_of_run(view: RunView) -> Calibration | None:
    """Return what a run teaches, also one that failed, was stopped or was opened.

    None while it goes on, for a step that is no training, and for fewer than two epochs.
    """
    record = parse_run(read_json(RunPaths(view.directory).run))
    if not view.phase.is_over and view.phase is not Phase.OPENED:
        return None
    if record is not None and record.follows is not None:
        return None
    pace = epoch_pace(view, record)
    if pace is None:
        return None
    about = _about_record(record, view) if record is not None else _about_settings(view)
    samples = view.trainer.train_samples or about.train_samples
    return Calibration(
        calibration_id=f"run:{record.run_id if record is not None else view.run_id}",
        kind=Kind.RUN,
        time_s=round(view.ended or view.last_sign or view.time, 3),
        host=view.host,
        device=about.device,
        is_simulated=view.is_simulated,
        preset=about.preset,
        model=about.model,
        imgsz=about.imgsz or view.trainer.image_size,
        batch_per_rank=about.batch_per_rank,
        world_size=about.world_size,
        train_samples=samples,
        epochs=view.epochs,
        args=about.args,
        start_s=pace.start_s,
        epoch_s=round(pace.epoch.seconds, 4),
        epoch_low_s=round(pace.epoch.low_s, 4),
        epoch_high_s=round(pace.epoch.high_s, 4),
        is_bounded=pace.is_bounded,
        epochs_done=view.epoch or 0,
        second_extra_s=_second_extra_s(pace),
        step_s=_step_s(view, about, pace, samples),
        end_s=pace.end_s,
        total_s=took_s(view),
        attempts=view.attempt,
        memory=_memory(view, record),
        energy_j=_energy_j(view.gpu_figures) if _are_its_own(view, record) else None,
        foretold=view.foretold,
    )


@dataclass(frozen=True, slots=True)
class _About:
    """Which training it was."""

    device: str = ""
    preset: str | None = None
    model: str | None = None
    imgsz: int | None = None
    batch_per_rank: int | None = None
    world_size: int | None = None
    train_samples: int | None = None
    args: Mapping[str, str] = field(default_factory=dict)


def _about_record(record: RunRecord, view: RunView) -> _About:
    """Return it of a run of cockpit's, in the same words in which an estimate asks for it."""
    preset = build_preset(
        record.preset,
        record.preset_file,
        Origin(record.origin),
        record.document,
        record.sources,
    )
    args = {name: text_of(value) for name, value in settings_of(preset).items()}
    return _About(
        device=_device_of(view),
        preset=record.preset or None,
        model=preset.estimate.model or _model_in(args),
        imgsz=_imgsz_in(args),
        batch_per_rank=view.asked.batch_per_rank,
        world_size=view.asked.world_size,
        train_samples=told_samples(preset),
        args=args,
    )


def _about_settings(view: RunView) -> _About:
    """Return it of a folder that some trainer left, by the settings that it wrote down."""
    args = view.settings
    devices = [word for word in args.get("device", "").strip("[]").split(",") if word.strip()]
    ranks = view.trainer.world_size or max(1, len(devices))
    batch = next((_whole(args[name]) for name in BATCHES if name in args), None)
    return _About(
        model=_model_in(args),
        imgsz=_imgsz_in(args),
        batch_per_rank=None if batch is None else max(1, batch // ranks),
        world_size=ranks,
        args=dict(islice(ordered(args), MOST_SETTINGS)),
    )


def _device_of(view: RunView) -> str:
    """Return the GPU, or the processor where that did the work and is this machine's.

    Empty where nothing names the GPUs that a run waited for in the queue.
    """
    if has_gpus(view):
        names = (*view.asked.gpu_names, *(one.name for one in view.gpu_figures))
        return next(iter(names), "")
    return cpu_name() if view.host == hostname() else "cpu"


def _model_in(args: Mapping[str, str]) -> str | None:
    return next((PurePath(args[name]).name for name in MODELS if args.get(name)), None)


def _imgsz_in(args: Mapping[str, str]) -> int | None:
    return next((_whole(args[name]) for name in IMAGE_SIZES if name in args), None)


def _whole(text: str) -> int | None:
    first = text.strip("[]").replace(",", " ").split()[:1]
    return int(first[0]) if first and first[0].isdecimal() and int(first[0]) > 0 else None


def _step_s(view: RunView, about: _About, pace: EpochPace, samples: int | None) -> float | None:
    batch = view.asked.global_batch or (about.batch_per_rank or 0) * (about.world_size or 0)
    step_s = step_by_curve(view.metrics, batch, samples, pace.lengths)
    if step_s is None:
        step_s = step_by_bars(view.log, pace.epoch.high_s)
    return None if step_s is None else round(step_s, 6)


def _second_extra_s(pace: EpochPace) -> float | None:
    """Return by how much the second epoch was longer than those after it."""
    second, *later = pace.lengths[:LATER] or (None,)
    if second is None or second.epoch != SECOND or len(later) < LEAST_LATER:
        return None
    return round(second.seconds - statistics.median(one.seconds for one in later), 4)


def _memory(view: RunView, record: RunRecord | None) -> MemoryMeasured | None:
    """Return the most that a rank held: of its GPU, or of its host where the processor trained.

    The capacity is that of the smallest GPU. Where nobody saw the end the peak may have come later.
    """
    if view.ended is None:
        return None
    if record is not None and not has_gpus(view):
        held_bytes = view.rank_memory_bytes
        return None if not held_bytes else MemoryMeasured(is_host=True, peak_bytes=held_bytes)
    if not _are_its_own(view, record) or _has_other_batch(view, record):
        return None
    figures = view.gpu_figures
    peaks = [one.peak_memory_bytes for one in figures if one.peak_memory_bytes is not None]
    totals = [one.memory_total_bytes for one in figures if one.memory_total_bytes is not None]
    if not peaks:
        return None
    return MemoryMeasured(
        is_host=False, peak_bytes=max(peaks), capacity_bytes=min(totals, default=None)
    )


def _are_its_own(view: RunView, record: RunRecord | None) -> bool:
    """Say whether what was read of its GPUs is real, and of nobody else's work."""
    return not view.is_simulated and not (record is not None and record.shares)


def _has_other_batch(view: RunView, record: RunRecord | None) -> bool:
    """Say whether an earlier attempt, whose peak counts, had another batch: its memory ran out."""
    return record is not None and record.batch_per_rank != view.asked.batch_per_rank


def _energy_j(figures: tuple[GpuFigures, ...]) -> float | None:
    told = [one.energy_j for one in figures]
    return None if not told or None in told else round(math.fsum(filter(None, told)), 1)
